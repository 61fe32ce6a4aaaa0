-- One row per order that counts and whose customer is known, on its business date.
with

orders as (

    select
        order_id,
        customer_id,
        order_value,
        {{ business_date('ordered_at') }} as order_date
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and customer_id is not null

)

select * from orders
