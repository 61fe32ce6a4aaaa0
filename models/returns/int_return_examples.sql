-- One row per order of int_return_orders: its part of the data, its outcome where that
-- is known, and its features: what the return model learns from and scores.
{%- set most_learnt = 200000 %}
{%- set columns = return_model_columns(return_extra_kinds(ref('stg_orders'))) %}
with

orders as (

    select
        order_id,
        is_closed,
        was_returned,
        day_number
    from {{ ref('int_return_orders') }}

),

final_fit as (

    select
        learns_until,
        tried_from
    from {{ ref('int_return_fits') }}
    where fit = 'final'

),

split_orders as (

    select
        orders.order_id,
        case
            when not orders.is_closed then 'open'
            when orders.day_number >= final_fit.tried_from then 'test'
            else 'train'
        end as data_split,
        coalesce(orders.is_closed and orders.day_number <= final_fit.learns_until, false)
            as was_known,
        case when orders.was_returned then 1e0 when not orders.was_returned then 0e0 end
            as outcome,
        orders.day_number
    from orders
    left join final_fit
        on 1 = 1

),

features as (

    select *
    from {{ ref('int_return_features') }}

),

sizes as (

    select {{ most_learnt }}e0 / nullif(count(*), 0) as learnt_share
    from split_orders
    where was_known

),

examples as (

    select
        split_orders.order_id,
        split_orders.data_split,
        split_orders.was_known
        and {{ hash_fraction("'return ' || split_orders.order_id") }} < sizes.learnt_share
            as is_learnt_from,
        split_orders.outcome,
        {%- for column in columns %}
        features.{{ column.name }},
        {%- endfor %}
        split_orders.day_number
    from split_orders
    cross join sizes
    inner join features
        on split_orders.order_id = features.order_id

)

select * from examples
