-- One row per order that counts: what tests about orders compare.
with

orders as (

    select
        order_id,
        customer_id,
        product_category,
        shipping_method,
        order_value,
        discount_amount,
        ordered_at,
        {{ business_date('ordered_at') }} as ordered_on
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and {{ happened_by_as_of(business_date('ordered_at')) }}

),

returned_orders as (

    select distinct order_id
    from {{ ref('stg_returns') }}
    where {{ happened_by_as_of(business_date('returned_at')) }}

),

first_touches as (

    select
        conversion_id,
        channel
    from {{ ref('touchpoint_credits') }}
    where
        touch_position = 1
        or channel = 'unattributed'

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

-- Without a returns table nobody knows what came back.
given as (

    select count(*) > 0 as has_returns
    from returned_orders

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by ordered_at, order_id
        ) as order_number
    from orders

),

described as (

    select
        numbered.order_id,
        numbered.customer_id,
        first_touches.channel as first_touch_channel,
        numbered.product_category,
        numbered.shipping_method,
        case when numbered.customer_id is not null then numbered.order_number = 1 end
            as is_first_order,
        case when given.has_returns then returned_orders.order_id is not null end
            as is_returned,
        cast(numbered.order_value as double) as order_value,
        cast(numbered.discount_amount as double) as discount_amount,
        cast(numbered.discount_amount as double)
        / nullif(cast(numbered.order_value + numbered.discount_amount as double), 0e0)
            as discount_share,
        {{ seconds_between(
            'cast(numbered.ordered_on as timestamp)', 'cast(data_window.as_of as timestamp)'
        ) }} / 86400e0 as days_observed,
        numbered.ordered_on,
        numbered.ordered_at
    from numbered
    cross join given
    cross join data_window
    left join returned_orders
        on numbered.order_id = returned_orders.order_id
    left join first_touches
        on numbered.order_id = first_touches.conversion_id

)

select * from described
