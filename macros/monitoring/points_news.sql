{% macro points_news(stored) %}
{#-
    From when on points differ from those that stored rows rest on, so that only what
    comes after has to be judged: {'print': the stored rows' points_print, 'hour': text
    of a moment, or none where nothing is new, 'day': likewise}.
    None where all must be judged: in every run but `--selector monitoring`, in a full
    refresh, where the stored rows of int_coarse_expectations (`stored`) and
    int_expectations do not rest on the same points, settings and models, where
    something changed more than 60 days back, and where a value is negative (which
    earlier points of its series are then judged by).
-#}
    {%- set expectations = stored_relation('int_expectations') -%}
    {%- set coarse = load_relation(stored) if execute and expectations is not none
        and invocation_args_dict.get('selector') == 'monitoring' else none -%}
    {%- if coarse is none
        or 'new_from' not in adapter.get_columns_in_relation(coarse) | map(attribute='name') | list
        or 'lagging_expected' not in adapter.get_columns_in_relation(expectations)
            | map(attribute='name') | list -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set points = ref('int_series_points') -%}
    {%- set prints = run_query(
        'select (select min(points_print) from ' ~ coarse ~ '), (select max(points_print) from '
        ~ coarse ~ '), (select min(points_print) from ' ~ expectations
        ~ '), (select max(points_print) from ' ~ expectations ~ '), min(value) < 0, '
        ~ points_print() ~ ' from ' ~ points).rows[0] -%}
    {#- The second half of a print tells of settings and models. -#}
    {%- if prints[0] is none or prints[0] != prints[1] or prints[0] != prints[2]
        or prints[0] != prints[3] or prints[4]
        or prints[5] is none or prints[0].split(' ')[1] != prints[5].split(' ')[1] -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set differs = [] -%}
    {%- for column in judged_columns() -%}
        {%- do differs.append('points.' ~ column ~ ' is distinct from earlier.' ~ column) -%}
    {%- endfor -%}
    {%- set news = {'print': prints[0], 'hour': none, 'day': none} -%}
    {%- for row in run_query(
        'select coalesce(points.grain, earlier.grain), cast(min(least('
        ~ 'coalesce(points.period_start, earlier.period_start), '
        ~ 'coalesce(earlier.period_start, points.period_start))) as ' ~ dbt.type_string()
        ~ '), min(coalesce(points.period_start, earlier.period_start)) '
        ~ '>= (select max(period_start) from ' ~ points ~ ") - interval '60' day from "
        ~ points ~ ' as points full outer join ' ~ expectations ~ ' as earlier on '
        ~ 'points.series_id = earlier.series_id and points.step = earlier.step where '
        ~ (differs | join(' or ')) ~ ' group by 1').rows -%}
        {%- if not row[2] or row[0] not in news -%}
            {{ return(none) }}
        {%- endif -%}
        {%- do news.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(news) }}
{% endmacro %}
