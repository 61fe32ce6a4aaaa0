{% macro handed_news(stored, source, needs) %}
{#-
    What points_news() found, as the rows of the relation `source` tell it on, where
    the rows of `stored` rest on the points that were there before and have the column
    `needs`; else none.
-#}
    {%- set found = load_relation(stored)
        if execute and invocation_args_dict.get('selector') == 'monitoring'
        and not should_full_refresh() else none -%}
    {%- if found is none or needs not in adapter.get_columns_in_relation(found)
        | map(attribute='name') | list -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set row = run_query(
        'select (select min(points_print) from ' ~ found ~ '), (select max(points_print) from '
        ~ found ~ '), max(earlier_print), '
        ~ "cast(max(case when grain = 'hour' then new_from end) as " ~ dbt.type_string() ~ '), '
        ~ "cast(max(case when grain = 'day' then new_from end) as " ~ dbt.type_string() ~ ') from '
        ~ source).rows[0] -%}
    {%- if row[0] is none or row[0] != row[1] or row[0] != row[2] -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'print': row[2], 'hour': row[3], 'day': row[4]}) }}
{% endmacro %}
