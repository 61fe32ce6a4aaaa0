-- One row per conversion: an order up to as_of that counts under conversion_scope, with the
-- value to share out and the moment from which its customer's path may start.
{%- set is_net = choice_setting('conversion_value', ['gross', 'net']) == 'net' %}
{%- set scope = choice_setting('conversion_scope', ['all_orders', 'first_orders']) %}
{%- set path_policy = choice_setting('path_policy', ['independent', 'since_previous_conversion']) %}
with

orders as (

    select
        order_id,
        customer_id,
        order_value,
        ordered_at
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and {{ happened_by_as_of(business_date('ordered_at')) }}

),

refunds as (

    select
        order_id,
        sum(refund_amount) as refund_amount
    from {{ ref('stg_returns') }}
    where {{ happened_by_as_of(business_date('returned_at')) }}
    group by order_id

),

valued as (

    select
        orders.order_id,
        orders.customer_id,
        case
            when {{ is_net }} then orders.order_value - coalesce(refunds.refund_amount, 0)
            else orders.order_value
        end as conversion_value,
        {%- if scope == 'first_orders' %}
        -- A guest's order may be the customer's first: nobody knows.
        case
            when orders.customer_id is null then 1
            else row_number() over (
                partition by orders.customer_id
                order by orders.ordered_at, orders.order_id
            )
        end as order_number,
        {%- endif %}
        {%- if path_policy == 'since_previous_conversion' %}
        case
            when orders.customer_id is not null
                then lag(orders.ordered_at) over (
                    partition by orders.customer_id
                    order by orders.ordered_at, orders.order_id
                )
        end as previous_ordered_at,
        {%- endif %}
        orders.ordered_at
    from orders
    left join refunds
        on orders.order_id = refunds.order_id

),

conversions as (

    select
        order_id as conversion_id,
        customer_id,
        -- Customers in 50 groups, for standard errors by leaving one group out.
        {{ jackknife_group('coalesce(customer_id, order_id)') }} as jackknife_group,
        cast(conversion_value as decimal(18, 2)) as conversion_value,
        {{ business_month('ordered_at') }} as conversion_month,
        {%- if path_policy == 'since_previous_conversion' %}
        previous_ordered_at as previous_converted_at,
        {%- else %}
        cast(null as timestamp) as previous_converted_at,
        {%- endif %}
        ordered_at as converted_at
    from valued
    {%- if scope == 'first_orders' %}
    where order_number = 1
    {%- endif %}

)

select * from conversions
