-- Which channels are over- or under-funded beyond doubt, and under how many models?
-- A channel that every model puts on the same side does not depend on the model.
with

comparison as (

    select
        channel,
        attribution_model,
        budget_gap,
        budget_gap_ci_low,
        budget_gap_ci_high
    from {{ ref('attribution_comparison') }}

),

judged as (

    select
        channel,
        count(*) as models,
        count(case when budget_gap_ci_low > 0 then 1 end) as models_under_funded,
        count(case when budget_gap_ci_high < 0 then 1 end) as models_over_funded,
        min(budget_gap) as smallest_gap,
        max(budget_gap) as largest_gap
    from comparison
    where budget_gap is not null
    group by channel

)

select * from judged
order by smallest_gap, channel
