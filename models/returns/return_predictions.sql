-- One row per order: how likely it comes back, what is expected to be lost with it, and
-- what happened where that is known.
with

orders as (

    select
        order_id,
        customer_id,
        is_back_already,
        was_returned,
        order_value,
        order_date
    from {{ ref('int_return_orders') }}

),

examples as (

    select
        order_id,
        data_split,
        is_learnt_from
    from {{ ref('int_return_examples') }}

),

scores as (

    select
        order_id,
        candidate,
        base_log_odds,
        log_odds,
        probability
    from {{ ref('int_return_scores') }}

),

costs as (

    select
        order_id,
        cost_if_returned
    from {{ ref('int_return_costs') }}

),

predictions as (

    select
        orders.order_id,
        orders.customer_id,
        examples.data_split,
        scores.candidate,
        examples.is_learnt_from,
        orders.is_back_already,
        orders.was_returned,
        orders.order_value,
        scores.probability as return_probability,
        scores.log_odds,
        scores.base_log_odds,
        costs.cost_if_returned,
        scores.probability * costs.cost_if_returned as expected_return_cost,
        orders.order_date
    from orders
    inner join examples
        on orders.order_id = examples.order_id
    inner join costs
        on orders.order_id = costs.order_id
    left join scores
        on orders.order_id = scores.order_id

)

select * from predictions
