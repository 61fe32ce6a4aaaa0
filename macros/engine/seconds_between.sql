{% macro seconds_between(earlier, later) %}
{#-
    Seconds from `earlier` to `later` (timestamps) as a double, to the
    microsecond; negative when `later` comes first.
-#}
    {{ return(adapter.dispatch('seconds_between', 'insight_engine')(earlier, later)) }}
{% endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1e6)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    ((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 1e6)
{%- endmacro %}
