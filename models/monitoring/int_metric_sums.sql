-- One row per (channel, grain, period_start) in which something happened.
{%- set measures = ['revenue', 'orders', 'returned_orders', 'sessions', 'spend'] %}
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
        hour_start as period_start
    from events
    where hour_start is not null
    group by channel, hour_start

),

daily as (

    select
        channel,
        'day' as grain,
        {%- for measure in measures %}
        {{ stable_sum(measure) }} as {{ measure }},
        {%- endfor %}
        cast(business_date as timestamp) as period_start
    from events
    group by channel, business_date

),

summed as (

    select * from hourly
    union all
    select * from daily

)

select * from summed
