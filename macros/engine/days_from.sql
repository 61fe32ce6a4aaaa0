{% macro days_from(earlier, later) %}
{#- Whole days from the date `earlier` to the date `later`; negative the other way. -#}
    {{ return(adapter.dispatch('days_from', 'insight_engine')(earlier, later)) }}
{% endmacro %}

{% macro duckdb__days_from(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro spark__days_from(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}
