-- Under the values in force, shares are those of attribution_comparison, wherever
-- no conversion was left out of the sample.
with

sensitivity as (

    select *
    from {{ ref('attribution_sensitivity') }}
    where is_current

),

comparison as (

    select *
    from {{ ref('attribution_comparison') }}

)

select
    sensitivity.*,
    comparison.conversion_share as share_of_comparison,
    comparison.budget_gap as gap_of_comparison
from sensitivity
inner join comparison
    on sensitivity.channel = comparison.channel
    and sensitivity.attribution_model = comparison.attribution_model
where
    sensitivity.sampled_share = 1
    and (
        abs(sensitivity.conversion_share - comparison.conversion_share) > 1e-9
        or abs(sensitivity.revenue_share - comparison.revenue_share) > 1e-9
        or abs(sensitivity.budget_gap - comparison.budget_gap) > 1e-9
    )
