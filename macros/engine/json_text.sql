{% macro json_text(text) %}
{#- `text` as a JSON text, in double quotes, with what must be escaped escaped. -#}
    {{ return(adapter.dispatch('json_text', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__json_text(text) -%}
    cast(to_json({{ text }}) as varchar)
{%- endmacro %}

{% macro spark__json_text(text) -%}
    {#- Spark writes JSON of arrays, not of single texts. -#}
    case
        when {{ text }} is not null
            then substr(to_json(array({{ text }})), 2, length(to_json(array({{ text }}))) - 2)
    end
{%- endmacro %}
