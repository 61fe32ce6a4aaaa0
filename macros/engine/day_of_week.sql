{% macro day_of_week(date) %}
{#- Day of the week of a date or timestamp: 0 is Sunday, 6 is Saturday. -#}
    {{ return(adapter.dispatch('day_of_week', 'insight_engine')(date)) }}
{% endmacro %}

{% macro duckdb__day_of_week(date) -%}
    extract(dow from {{ date }})
{%- endmacro %}

{% macro spark__day_of_week(date) -%}
    (extract(dow from {{ date }}) - 1)
{%- endmacro %}
