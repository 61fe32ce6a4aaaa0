{% macro business_clock(timestamp) %}
{#-
    What a clock on the wall in business_timezone shows at the UTC `timestamp`
    (a timestamp without zone), daylight saving included.
-#}
    {%- if var('business_timezone') | upper in ['UTC', 'ETC/UTC'] -%}
        {{ return('cast(' ~ timestamp ~ ' as timestamp)') }}
    {%- endif -%}
    {{ return(adapter.dispatch('business_clock', 'insight_engine')(timestamp)) }}
{% endmacro %}

{% macro duckdb__business_clock(timestamp) -%}
    timezone('{{ var('business_timezone') }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__business_clock(timestamp) -%}
    from_utc_timestamp({{ timestamp }}, '{{ var('business_timezone') }}')
{%- endmacro %}
