-- One row per order that was not cancelled, up to as_of: what was known when it was
-- placed, whether it came back within the return window, and which part of the data it
-- belongs to. The window of an open order is not over.
{%- set window = integer_setting('return_window_days') %}
{%- set orders_relation = ref('stg_orders') %}
{%- set kinds = return_extra_kinds(orders_relation) %}
{%- set extras = return_extra_features() %}
with

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

staged_orders as (

    select
        order_id,
        customer_id,
        product_category,
        shipping_method,
        is_cancelled,
        order_value,
        discount_amount,
        {%- for feature in extras %}
        {{ feature.column }},
        {%- endfor %}
        ordered_at,
        {{ business_date('ordered_at') }} as order_date
    from {{ orders_relation }}

),

orders as (

    select
        staged_orders.*,
        data_window.as_of
    from staged_orders
    cross join data_window
    where
        not staged_orders.is_cancelled
        and staged_orders.order_date <= data_window.as_of

),

customers as (

    select
        customer_id,
        {{ business_date('created_at') }} as created_date
    from {{ ref('stg_customers') }}

),

staged_returns as (

    select
        order_id,
        processing_cost,
        {{ business_date('returned_at') }} as return_date
    from {{ ref('stg_returns') }}

),

returns as (

    select
        staged_returns.order_id,
        min(staged_returns.return_date) as return_date,
        sum(staged_returns.processing_cost) as processing_cost
    from staged_returns
    cross join data_window
    where staged_returns.return_date <= data_window.as_of
    group by staged_returns.order_id

),

-- Without a single return nobody recorded them: outcomes are then unknown, not good.
known_returns as (

    select count(*) > 0 as are_recorded
    from returns

),

described as (

    select
        orders.order_id,
        orders.customer_id,
        {{ category_value('orders.product_category') }} as product_category,
        {{ category_value('orders.shipping_method') }} as shipping_method,
        {%- for feature in extras if kinds[feature.column] == 'categorical' %}
        {{ category_value('orders.' ~ feature.column) }} as {{ feature.column }},
        {%- endfor %}
        known_returns.are_recorded
        and {{ date_plus_days('orders.order_date', window) }} <= orders.as_of as is_closed,
        returns.return_date is not null as is_back_already,
        case
            when not known_returns.are_recorded then cast(null as boolean)
            else coalesce(
                returns.return_date <= {{ date_plus_days('orders.order_date', window) }}, false
            )
        end as came_back,
        cast(orders.order_value as double) as order_value,
        cast(orders.discount_amount as double)
        / nullif(cast(orders.order_value as double) + cast(orders.discount_amount as double), 0e0)
            as discount_share,
        case
            when customers.created_date <= orders.order_date
                then cast({{ days_from('customers.created_date', 'orders.order_date') }} as double)
        end as tenure,
        {%- for feature in extras %}
        {%- if kinds[feature.column] == 'numeric' %}
        {{ finite_number('orders.' ~ feature.column) }} as {{ feature.column }},
        {%- elif kinds[feature.column] == 'date' %}
        -- A date after the order was not known when it was placed.
        case
            when {{ plain_date('orders.' ~ feature.column) }} <= orders.order_date
                then cast({{ days_from(
                    plain_date('orders.' ~ feature.column), 'orders.order_date'
                ) }} as double)
        end as {{ feature.column }},
        {%- endif %}
        {%- endfor %}
        cast(returns.processing_cost as double) as processing_cost,
        {{ days_since_epoch('orders.order_date') }} as day_number,
        orders.order_date,
        orders.ordered_at,
        orders.as_of
    from orders
    cross join known_returns
    left join customers
        on orders.customer_id = customers.customer_id
    left join returns
        on orders.order_id = returns.order_id

),

return_orders as (

    select
        order_id,
        customer_id,
        product_category,
        shipping_method,
        {%- for feature in extras if kinds[feature.column] == 'categorical' %}
        {{ feature.column }},
        {%- endfor %}
        is_closed,
        is_back_already,
        case when is_closed then came_back end as was_returned,
        order_value,
        discount_share,
        tenure,
        {%- for feature in extras if kinds[feature.column] != 'categorical' %}
        {{ feature.column }},
        {%- endfor %}
        processing_cost,
        day_number,
        order_date,
        ordered_at,
        as_of
    from described

)

select * from return_orders
