{% macro days_before(timestamp, days) %}
{#-
    The moment `days` days of 24 hours (a number, fractions allowed) before
    `timestamp`, to the microsecond.
-#}
    {{ return(adapter.dispatch('days_before', 'insight_engine')(timestamp, days)) }}
{% endmacro %}

{% macro duckdb__days_before(timestamp, days) -%}
    ({{ timestamp }} - to_microseconds({{ (days * 86400000000) | round | int }}))
{%- endmacro %}

{% macro spark__days_before(timestamp, days) -%}
    timestamp_micros(unix_micros({{ timestamp }}) - {{ (days * 86400000000) | round | int }})
{%- endmacro %}
