{% macro days_between(earlier, later) %}
{#- Whole days from the date `earlier` to the date `later`. -#}
    {{ return(adapter.dispatch('days_between', 'insight_engine')(earlier, later)) }}
{% endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    (cast({{ later }} as date) - cast({{ earlier }} as date))
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}
