-- One row per customer known by as_of: recency, frequency, spend and habits.
with

snapshots as (

    select *
    from {{ ref('int_customer_snapshots') }}

),

snapshot_dates as (

    select
        snapshot_date,
        is_as_of
    from {{ ref('int_snapshot_dates') }}

),

metrics as (

    select
        snapshots.customer_id,
        cast(snapshots.total_orders as bigint) as total_orders,
        {%- for days in [90, 180, 365] %}
        cast(snapshots.orders_last_{{ days }}_days as bigint)
            as orders_last_{{ days }}_days,
        {%- endfor %}
        snapshots.total_spend,
        snapshots.spend_last_365_days,
        snapshots.avg_order_value,
        cast(snapshots.days_since_last_order as bigint) as days_since_last_order,
        cast(snapshots.days_since_first_order as bigint) as days_since_first_order,
        snapshots.avg_days_between_orders,
        cast(snapshots.tenure as bigint) as tenure,
        snapshots.return_rate,
        snapshots.email_engagement,
        snapshots.first_order_date,
        snapshots.last_order_date,
        snapshots.snapshot_date as as_of
    from snapshots
    inner join snapshot_dates
        on snapshots.snapshot_date = snapshot_dates.snapshot_date
    where snapshot_dates.is_as_of

)

select * from metrics
