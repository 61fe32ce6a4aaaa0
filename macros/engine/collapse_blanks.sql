{% macro collapse_blanks(text) %}
{#- `text` without blanks at its ends and with single blanks inside. -#}
    {{ return(adapter.dispatch('collapse_blanks', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__collapse_blanks(text) -%}
    trim(regexp_replace({{ text }}, '[\s\x{00A0}]+', ' ', 'g'))
{%- endmacro %}

{% macro spark__collapse_blanks(text) -%}
    trim(regexp_replace({{ text }}, '[\\s\\u00A0]+', ' '))
{%- endmacro %}
