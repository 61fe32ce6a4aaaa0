-- Every order up to as_of that was not cancelled stands in return_predictions once; where
-- there is anything to learn from and the models were built, each has a probability, the
-- open ones too.
with

orders as (

    select
        stg_orders.order_id,
        {{ business_date('stg_orders.ordered_at') }} as order_date
    from {{ ref('stg_orders') }} as stg_orders
    where not stg_orders.is_cancelled

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

predictions as (

    select
        order_id,
        return_probability
    from {{ ref('return_predictions') }}

),

scored as (

    select count(return_probability) as orders
    from predictions

)

select
    orders.order_id,
    predictions.return_probability
from orders
cross join data_window
cross join scored
left join predictions
    on orders.order_id = predictions.order_id
where
    orders.order_date <= data_window.as_of
    and (
        predictions.order_id is null
        or (scored.orders > 0 and predictions.return_probability is null)
    )
