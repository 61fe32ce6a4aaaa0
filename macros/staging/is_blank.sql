{% macro is_blank(table_name, column_name) %}
{#- Is a raw column without content: NULL, or only blanks? -#}
    {%- if raw_column_kind(table_name, column_name) in ['timestamp', 'numeric'] -%}
        {{ return(column_name ~ ' is null') }}
    {%- endif -%}
    {{ return(
        '(' ~ column_name ~ ' is null or ' ~ column_name ~ " = '' or ("
        ~ column_name ~ " like ' %' and trim(" ~ column_name ~ ") = ''))"
    ) }}
{% endmacro %}
