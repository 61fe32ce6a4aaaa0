{% macro is_blank(table_name, column_name) %}
{#- Is a raw column without content: NULL, or only blanks? -#}
    {%- if raw_column_kind(table_name, column_name) in ['timestamp', 'numeric'] -%}
        {{ return(column_name ~ ' is null') }}
    {%- endif -%}
    {{ return("nullif(trim(" ~ column_name ~ "), '') is null") }}
{% endmacro %}
