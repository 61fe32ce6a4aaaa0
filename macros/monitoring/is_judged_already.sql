{% macro is_judged_already(stored, given) %}
{#-
    Whether the rows of the relation `stored` rest on the very points that `given` (a
    query of one row and one column, points_print) tells of, so that they can stand as
    they are. Only `--selector monitoring` asks: every other run computes them, and so
    does a full refresh (asked for, or in the configuration of the model that asks).
-#}
    {%- if not execute or invocation_args_dict.get('selector') != 'monitoring'
        or should_full_refresh() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = load_relation(stored) -%}
    {%- if found is none or 'points_print' not in (
        adapter.get_columns_in_relation(found) | map(attribute='name') | list) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set prints = run_query(
        'select min(points_print), max(points_print), (' ~ given ~ ') from ' ~ found
    ).rows[0] -%}
    {{ return(prints[0] is not none and prints[0] == prints[1] and prints[0] == prints[2]) }}
{% endmacro %}
