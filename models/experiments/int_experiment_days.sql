-- One row per business date with an order or a session: what tests about days compare.
with

daily_orders as (

    select
        {{ business_date('ordered_at') }} as business_date,
        count(*) as orders,
        sum(order_value) as revenue
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and {{ happened_by_as_of(business_date('ordered_at')) }}
    group by {{ business_date('ordered_at') }}

),

daily_sessions as (

    select
        {{ business_date('session_hour') }} as business_date,
        sum(sessions) as sessions
    from {{ ref('stg_web_sessions') }}
    where {{ happened_by_as_of(business_date('session_hour')) }}
    group by {{ business_date('session_hour') }}

),

dates as (

    select business_date from daily_orders
    union
    select business_date from daily_sessions

),

days as (

    select
        dates.business_date,
        cast(coalesce(daily_orders.orders, 0) as double) as orders,
        cast(coalesce(daily_orders.revenue, 0) as double) as revenue,
        -- A day without sessions is one that was not recorded.
        cast(daily_sessions.sessions as double) as sessions
    from dates
    left join daily_orders
        on dates.business_date = daily_orders.business_date
    left join daily_sessions
        on dates.business_date = daily_sessions.business_date

),

divided as (

    select
        business_date,
        orders,
        revenue,
        sessions,
        revenue / nullif(orders, 0e0) as average_order_value,
        orders / nullif(sessions, 0e0) as conversion_rate
    from days

)

select * from divided
