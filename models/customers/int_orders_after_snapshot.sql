-- One row per (snapshot date, customer): whoever ordered within the churn horizon after
-- the date. What a snapshot must not know: labels and retention are made from it.
with

snapshot_dates as (

    select
        snapshot_date,
        {{ date_plus_days('snapshot_date', integer_setting('churn_horizon_days')) }}
            as horizon_date
    from {{ ref('int_snapshot_dates') }}

),

-- The horizon ends with its last day: a date with as many days after it as the
-- horizon has can be judged, one day fewer cannot.
data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

orders as (

    select
        customer_id,
        order_date
    from {{ ref('int_customer_orders') }}

),

orders_within_horizon as (

    select
        snapshot_dates.snapshot_date,
        orders.customer_id,
        count(*) as orders_within_horizon
    from orders
    inner join snapshot_dates
        on orders.order_date > snapshot_dates.snapshot_date
        and orders.order_date <= snapshot_dates.horizon_date
    cross join data_window
    where
        snapshot_dates.horizon_date <= data_window.as_of
    group by snapshot_dates.snapshot_date, orders.customer_id

)

select * from orders_within_horizon
