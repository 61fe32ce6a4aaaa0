{% macro text_literal(text) %}
{#- `text` as an SQL literal. -#}
    {{ return(adapter.dispatch('text_literal', 'insight_engine')(text)) }}
{% endmacro %}

{% macro default__text_literal(text) %}
    {{ return("'" ~ (text | string).replace("'", "''") ~ "'") }}
{% endmacro %}

{% macro spark__text_literal(text) %}
{#- A backslash starts an escape there. -#}
    {{ return("'" ~ (text | string).replace('\\', '\\\\').replace("'", "\\'") ~ "'") }}
{% endmacro %}
