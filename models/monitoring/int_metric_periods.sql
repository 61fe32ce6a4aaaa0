-- One row per (channel, grain, period_start): every hour and day of a channel from
-- its first to the present one, whether or not anything happened.
with

clock as (

    select
        running_day,
        running_hour
    from {{ ref('int_monitoring_clock') }}

),

sums as (

    select
        channel,
        grain,
        orders,
        period_start
    from {{ ref('int_metric_sums') }}

),

numbers as (

    select number
    from {{ ref('int_numbers') }}

),

-- Sessions and spend before the shop's first order belong to no history of orders.
first_orders as (

    select
        grain,
        min(period_start) as first_order_start
    from sums
    where channel = 'all' and orders is not null
    group by grain

),

bounds as (

    select
        sums.channel,
        sums.grain,
        greatest(min(sums.period_start), min(first_orders.first_order_start))
            as first_period_start,
        case
            when sums.grain = 'hour' then max(clock.running_hour)
            else cast(max(clock.running_day) as timestamp)
        end as last_period_start
    from sums
    inner join first_orders
        on sums.grain = first_orders.grain
    cross join clock
    group by sums.channel, sums.grain

),

periods as (

    select
        bounds.channel,
        bounds.grain,
        case
            when bounds.grain = 'hour'
                then bounds.first_period_start + numbers.number * interval '1' hour
            else bounds.first_period_start + numbers.number * interval '1' day
        end as period_start,
        bounds.last_period_start
    from bounds
    cross join numbers
    where
        numbers.number <= {{ seconds_between(
            'bounds.first_period_start', 'bounds.last_period_start') }}
        / case when bounds.grain = 'hour' then 3600 else 86400 end

),

clocked as (

    select
        channel,
        grain,
        period_start < last_period_start as is_complete,
        period_start,
        case
            when grain = 'hour' then {{ business_clock('period_start') }}
            else period_start
        end as clock_start
    from periods

)

select
    channel,
    grain,
    is_complete,
    cast(clock_start as date) as business_date,
    period_start,
    clock_start
from clocked
