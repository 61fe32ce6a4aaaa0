{% macro weight_sum(weight, window) %}
{#-
    Sum of weights (doubles from 0 to 1) over a window (its name), the same whatever the
    order of its rows: what stable_sum is, with digits enough for weights of 2^-50.
    Windows have a row for each touch: on DuckDB turning a wide decimal into a double
    costs more than the rest of the window, so sums are kept in whole parts of 2^-100,
    a scale that changes no digit of a double.
-#}
    {{ return(adapter.dispatch('weight_sum', 'insight_engine')(weight, window)) }}
{% endmacro %}

{% macro duckdb__weight_sum(weight, window) -%}
    {%- set parts = '1267650600228229401496703205376e0' -%}
    cast(sum(cast({{ weight }} * {{ parts }} as hugeint)) over {{ window }} as double)
            / {{ parts }}
{%- endmacro %}

{% macro spark__weight_sum(weight, window) -%}
    cast(sum(cast({{ weight }} as decimal(38, 30))) over {{ window }} as double)
{%- endmacro %}
