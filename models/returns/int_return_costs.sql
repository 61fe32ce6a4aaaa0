-- One row per order: what it costs if it comes back, NULL where nobody knows. Handling
-- is the setting, or what returns of the category, else all returns, have cost so far on
-- average; to it comes the share of the order's value that is lost.
{%- set given = number_setting('return_processing_cost', at_least=0, nullable=true) %}
{%- set loss_share = number_setting('return_value_loss_share', at_least=0, at_most=1) %}
with

orders as (

    select
        order_id,
        product_category,
        order_value,
        processing_cost
    from {{ ref('int_return_orders') }}

),

category_costs as (

    select
        product_category,
        {{ stable_sum('processing_cost') }} / nullif(count(processing_cost), 0) as mean_cost
    from orders
    group by product_category

),

overall_cost as (

    select {{ stable_sum('processing_cost') }} / nullif(count(processing_cost), 0) as mean_cost
    from orders

),

handled as (

    select
        orders.order_id,
        orders.order_value,
        {%- if given is not none %}
        {{ given }}e0 as processing_cost
        {%- else %}
        coalesce(category_costs.mean_cost, overall_cost.mean_cost) as processing_cost
        {%- endif %}
    from orders
    cross join overall_cost
    left join category_costs
        on orders.product_category = category_costs.product_category

),

costs as (

    select
        order_id,
        processing_cost + {{ loss_share }}e0 * order_value as cost_if_returned
    from handled

)

select * from costs
