-- One row per segment: what its customers are like as of the newest date, what they
-- bring, and what to do with them.
{%- set horizon = integer_setting('churn_horizon_days') %}
with

segment_history as (

    select
        snapshot_date,
        customer_id,
        segment,
        segment_type
    from {{ ref('int_segment_history') }}

),

snapshot_dates as (

    select
        snapshot_date,
        is_as_of,
        is_horizon_before_as_of
    from {{ ref('int_snapshot_dates') }}

),

metrics as (

    select
        customer_id,
        total_orders,
        total_spend,
        orders_last_365_days,
        days_since_last_order,
        days_since_first_order
    from {{ ref('customer_metrics') }}

),

later_orders as (

    select
        snapshot_date,
        customer_id
    from {{ ref('int_orders_after_snapshot') }}

),

strategies as (

    select
        segment_type,
        strategy
    from {{ ref('segment_strategies') }}

),

-- A shop younger than a year has shown less than a year of orders.
observed as (

    select
        least(
            365, greatest(1, {{ days_from('first_date', 'as_of') }} + 1)
        ) / 365e0 as years_observed
    from {{ ref('int_data_window') }}

),

profiles as (

    select
        segment_history.segment,
        segment_history.segment_type,
        segment_history.snapshot_date,
        count(*) as customers,
        sum(metrics.total_orders) as orders,
        {{ stable_sum('metrics.total_spend', decimals=6) }} as spend,
        sum(metrics.orders_last_365_days) as orders_last_365_days,
        avg(cast(metrics.days_since_last_order as double)) as days_since_last_order
    from segment_history
    inner join snapshot_dates
        on segment_history.snapshot_date = snapshot_dates.snapshot_date
    inner join metrics
        on segment_history.customer_id = metrics.customer_id
    where snapshot_dates.is_as_of
    group by
        segment_history.segment,
        segment_history.segment_type,
        segment_history.snapshot_date

),

-- Of those who were in the segment one horizon ago, who ordered since?
retained as (

    select
        segment_history.segment,
        count(*) as customers_before,
        count(later_orders.customer_id) as customers_retained
    from segment_history
    inner join snapshot_dates
        on segment_history.snapshot_date = snapshot_dates.snapshot_date
    left join later_orders
        on segment_history.snapshot_date = later_orders.snapshot_date
        and segment_history.customer_id = later_orders.customer_id
    where snapshot_dates.is_horizon_before_as_of
    group by segment_history.segment

),

described as (

    select
        profiles.segment,
        strategies.strategy,
        cast(profiles.customers as bigint) as customers,
        profiles.customers
        / nullif(cast(sum(profiles.customers) over () as double), 0e0)
            as customer_share,
        profiles.spend / nullif(cast(profiles.orders as double), 0e0)
            as avg_order_value,
        profiles.orders_last_365_days / profiles.customers / observed.years_observed
            as orders_per_year,
        profiles.days_since_last_order,
        cast(coalesce(retained.customers_before, 0) as bigint) as customers_before,
        retained.customers_retained
        / nullif(cast(retained.customers_before as double), 0e0)
            as retention_rate,
        {{ share_of_total('profiles.spend', ['profiles.snapshot_date']) }}
            as revenue_share,
        profiles.snapshot_date as as_of
    from profiles
    cross join observed
    left join retained
        on profiles.segment = retained.segment
    left join strategies
        on profiles.segment_type = strategies.segment_type

)

select * from described
