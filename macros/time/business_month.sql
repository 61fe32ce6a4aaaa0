{% macro business_month(timestamp) %}
{#- First day of the business month (date) of a UTC `timestamp`. -#}
    {{ return("cast(date_trunc('month', " ~ business_date(timestamp) ~ ') as date)') }}
{% endmacro %}
