-- One row per feature: how much it moves predictions of orders that no model learned
-- from.
with

contributions as (

    select
        order_id,
        feature,
        shap_value
    from {{ ref('int_return_contributions') }}

),

examples as (

    select order_id
    from {{ ref('int_return_examples') }}
    where data_split <> 'train'

),

moved as (

    select
        contributions.feature,
        count(*) as orders,
        {{ stable_sum('abs(contributions.shap_value)') }} / count(*) as mean_abs_shap
    from contributions
    inner join examples
        on contributions.order_id = examples.order_id
    group by contributions.feature

),

importance as (

    select
        feature,
        cast(row_number() over (order by mean_abs_shap desc, feature asc) as integer)
            as importance_rank,
        orders,
        mean_abs_shap
    from moved

)

select * from importance
