{% macro days_since_epoch(date) %}
{#- Number of a date: whole days since 1970-01-01, for frames that count in days. -#}
    {{ return('cast(' ~ days_from("date '1970-01-01'", date) ~ ' as integer)') }}
{% endmacro %}
