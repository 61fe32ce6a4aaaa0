{% macro json_text(text) %}
{#- `text` as a JSON text, in double quotes, with what must be escaped escaped. -#}
    {{ return(adapter.dispatch('json_text', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__json_text(text) -%}
    cast(to_json({{ text }}) as varchar)
{%- endmacro %}
