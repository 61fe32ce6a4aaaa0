-- One row per (order, feature), the weightiest first: why the return probability of an
-- order is what it is. The values of an order add up to its log-odds less those that all
-- orders start from.
with

contributions as (

    select
        order_id,
        feature,
        feature_value,
        shap_value
    from {{ ref('int_return_contributions') }}

),

reasons as (

    select
        order_id,
        cast(row_number() over (
            partition by order_id order by abs(shap_value) desc, feature asc
        ) as integer) as reason_rank,
        feature,
        feature_value,
        shap_value
    from contributions

)

select * from reasons
