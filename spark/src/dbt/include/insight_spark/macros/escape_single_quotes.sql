{% macro insight_spark__escape_single_quotes(expression) -%}
{#- A text between single quotes: a backslash starts an escape here, too. -#}
{{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}
