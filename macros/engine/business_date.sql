{% macro business_date(timestamp) %}
{#-
    The calendar date of a UTC `timestamp` in the setting business_timezone,
    daylight saving included.
-#}
    {%- if var('business_timezone') | upper in ['UTC', 'ETC/UTC'] -%}
        {{ return('cast(' ~ timestamp ~ ' as date)') }}
    {%- endif -%}
    {{ return(adapter.dispatch('business_date', 'insight_engine')(timestamp)) }}
{% endmacro %}

{% macro duckdb__business_date(timestamp) -%}
    cast(timezone('{{ var('business_timezone') }}', timezone('UTC', {{ timestamp }})) as date)
{%- endmacro %}

{% macro spark__business_date(timestamp) -%}
    cast(from_utc_timestamp({{ timestamp }}, '{{ var('business_timezone') }}') as date)
{%- endmacro %}
