{% macro raw_row(table_name) %}
{#- The row of raw table `table_name` as it came: its line, or its values as JSON. -#}
    {{ return(
        'coalesce(_malformed_line, '
        ~ row_as_json(raw_contract()[table_name]['columns'].keys() | list) ~ ')'
    ) }}
{% endmacro %}
