{% macro raw_timestamp(table_name, column_name) %}
{#- A raw column as a UTC timestamp; NULL where the text cannot be read. -#}
    {%- if raw_column_kind(table_name, column_name) == 'timestamp' -%}
        {{ return(column_name) }}
    {%- endif -%}
    {{ return(parse_utc_timestamp(column_name)) }}
{% endmacro %}
