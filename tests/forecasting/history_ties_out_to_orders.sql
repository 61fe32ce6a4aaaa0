-- Days of the history hold all revenue of orders that count up to its last day, and
-- channels hold all of the company's.
with

orders as (

    select
        cast(order_value as double) as order_value,
        {{ business_date('ordered_at') }} as order_date
    from {{ ref('stg_orders') }}
    where not is_cancelled

),

history as (

    select
        series_level,
        period_start,
        value
    from {{ ref('forecast_history') }}
    where grain = 'day'

),

last_days as (

    select max(period_start) as last_day
    from history

),

ordered as (

    select coalesce({{ stable_sum('orders.order_value') }}, 0e0) as revenue
    from orders
    cross join last_days
    where orders.order_date <= last_days.last_day

),

levels as (

    select
        series_level,
        {{ stable_sum('value') }} as revenue
    from history
    group by series_level

)

select
    levels.series_level,
    levels.revenue,
    ordered.revenue as ordered_revenue
from levels
cross join ordered
where abs(levels.revenue - ordered.revenue) > 1e-9 * greatest(1e0, ordered.revenue)
