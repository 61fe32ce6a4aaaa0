-- Orders and spend of all customers are those of the staged orders up to as_of that
-- count and whose customer is known.
with

staged as (

    select
        count(*) as orders,
        count(distinct orders.customer_id) as buyers,
        coalesce(sum(orders.order_value), 0) as spend
    from {{ ref('stg_orders') }} as orders
    cross join {{ ref('int_data_window') }} as data_window
    where
        not orders.is_cancelled
        and orders.customer_id is not null
        and {{ business_date('orders.ordered_at') }} <= data_window.as_of

),

metrics as (

    select
        coalesce(sum(total_orders), 0) as orders,
        count(case when total_orders > 0 then 1 end) as buyers,
        coalesce(sum(total_spend), 0) as spend
    from {{ ref('customer_metrics') }}

)

select
    staged.orders as staged_orders,
    metrics.orders as metrics_orders,
    staged.spend as staged_spend,
    metrics.spend as metrics_spend
from staged
cross join metrics
where
    staged.orders <> metrics.orders
    or staged.buyers <> metrics.buyers
    or not abs(staged.spend - metrics.spend) <= 1e-4
