-- A proposal moves money between channels; it neither adds nor saves any, and it
-- moves towards the credit, never past it.
with

budgets as (

    select
        attribution_model,
        sum(current_spend) as current_spend,
        sum(proposed_spend) as proposed_spend
    from {{ ref('budget_recommendations') }}
    group by attribution_model

)

select
    attribution_model,
    cast(null as {{ dbt.type_string() }}) as channel,
    current_spend,
    proposed_spend
from budgets
where not abs(current_spend - proposed_spend) <= 1e-6 * (1 + current_spend)

union all

select
    recommendations.attribution_model,
    recommendations.channel,
    recommendations.current_spend,
    recommendations.proposed_spend
from {{ ref('budget_recommendations') }} as recommendations
inner join budgets
    on recommendations.attribution_model = budgets.attribution_model
where
    (recommendations.proposed_spend - recommendations.current_spend)
    * recommendations.gap < 0
    or abs(recommendations.proposed_spend - recommendations.current_spend)
    > abs(recommendations.gap) * budgets.current_spend + 1e-6
    or (
        recommendations.action <> 'hold'
        and not (recommendations.gap_ci_low > 0 or recommendations.gap_ci_high < 0)
    )
