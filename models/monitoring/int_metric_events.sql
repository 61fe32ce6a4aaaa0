-- One row per thing that counts in a metric: an order (once for the company, once
-- for each channel that is credited with it), its return, sessions, spend.
{%- set model = choice_setting('monitoring_attribution_model', attribution_models()) %}
with

orders as (

    select
        order_id,
        order_value,
        ordered_at
    from {{ ref('stg_orders') }}
    where not is_cancelled

),

returns as (

    select
        order_id,
        returned_at
    from {{ ref('stg_returns') }}

),

web_sessions as (

    select
        channel,
        sessions,
        session_hour
    from {{ ref('stg_web_sessions') }}

),

marketing_spend as (

    select
        channel,
        spend,
        spend_date
    from {{ ref('stg_marketing_spend') }}

),

credits as (

    select
        conversion_id as order_id,
        channel,
        credit_{{ model }} as credit
    from {{ ref('touchpoint_credits') }}
    where credit_{{ model }} <> 0

),

-- An order that is no conversion (a later one under first_orders) has no credit.
order_shares as (

    select
        orders.order_id,
        coalesce(credits.channel, 'unattributed') as channel,
        orders.ordered_at,
        coalesce(credits.credit, 1e0) as share,
        orders.order_value
    from orders
    left join credits
        on orders.order_id = credits.order_id
    union all
    select
        order_id,
        'all' as channel,
        ordered_at,
        1e0 as share,
        order_value
    from orders

),

-- An order comes back once, however many parcels it takes.
first_returns as (

    select
        order_id,
        min(returned_at) as returned_at
    from returns
    group by order_id

),

counted as (

    select
        channel,
        share * cast(order_value as double) as revenue,
        share as orders,
        cast(null as double) as returned_orders,
        cast(null as double) as sessions,
        cast(null as double) as spend,
        {{ business_date('ordered_at') }} as business_date,
        date_trunc('hour', ordered_at) as hour_start
    from order_shares
    union all
    select
        order_shares.channel,
        cast(null as double) as revenue,
        cast(null as double) as orders,
        order_shares.share as returned_orders,
        cast(null as double) as sessions,
        cast(null as double) as spend,
        {{ business_date('first_returns.returned_at') }} as business_date,
        date_trunc('hour', first_returns.returned_at) as hour_start
    from first_returns
    inner join order_shares
        on first_returns.order_id = order_shares.order_id
    union all
    select
        scopes.channel,
        cast(null as double) as revenue,
        cast(null as double) as orders,
        cast(null as double) as returned_orders,
        cast(scopes.sessions as double) as sessions,
        cast(null as double) as spend,
        {{ business_date('scopes.session_hour') }} as business_date,
        date_trunc('hour', scopes.session_hour) as hour_start
    from (
        select
            channel,
            sessions,
            session_hour
        from web_sessions
        union all
        select
            'all' as channel,
            sessions,
            session_hour
        from web_sessions
    ) as scopes
    union all
    -- Spend is known by the day only: no hour.
    select
        scopes.channel,
        cast(null as double) as revenue,
        cast(null as double) as orders,
        cast(null as double) as returned_orders,
        cast(null as double) as sessions,
        cast(scopes.spend as double) as spend,
        scopes.spend_date as business_date,
        cast(null as timestamp) as hour_start
    from (
        select
            channel,
            spend,
            spend_date
        from marketing_spend
        union all
        select
            'all' as channel,
            spend,
            spend_date
        from marketing_spend
    ) as scopes

)

select * from counted
