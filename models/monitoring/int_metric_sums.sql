-- One row per (channel, grain, period_start) in which something happened.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook='{{ forget_counted(this) }}',
) }}
{%- set measures = ['revenue', 'orders', 'returned_orders', 'sessions', 'spend'] %}
{%- set from_date = counted_from(this) %}
with

events as (

    select *
    from {{ ref('int_metric_events') }}

),

hourly as (

    select
        channel,
        'hour' as grain,
        {%- for measure in measures %}
        {{ stable_sum(measure) }} as {{ measure }},
        {%- endfor %}
        {{ business_date('hour_start') }} as business_date,
        hour_start as period_start
    from events
    where
        hour_start is not null
    {%- if from_date %}
        and {{ business_date('hour_start') }} >= date '{{ from_date }}'
        {%- endif %}
    group by channel, hour_start

),

daily as (

    select
        channel,
        'day' as grain,
        {%- for measure in measures %}
        {{ stable_sum(measure) }} as {{ measure }},
        {%- endfor %}
        business_date,
        cast(business_date as timestamp) as period_start
    from events
    {%- if from_date %}
    where business_date >= date '{{ from_date }}'
    {%- endif %}
    group by channel, business_date

),

summed as (

    select
        *,
        '{{ metric_settings() }}' as settings
    from hourly
    union all
    select
        *,
        '{{ metric_settings() }}' as settings
    from daily

)

select * from summed
