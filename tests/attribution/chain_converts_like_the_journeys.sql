-- A chain fitted on journeys converts exactly as often, and for as much, as they do.
with

journeys as (

    select
        sum(case when is_last then 1e0 else 0e0 end) as journeys,
        sum(case when is_converted then 1e0 else 0e0 end) as conversions,
        cast(sum(conversion_value) as double) as conversion_value
    from {{ ref('int_journey_touches') }}

),

chain as (

    select distinct
        conversion_probability,
        value_per_journey
    from {{ ref('markov_removal_effects') }}

)

select
    journeys.*,
    chain.*
from journeys
cross join chain
where
    not abs(chain.conversion_probability - journeys.conversions / journeys.journeys) <= 1e-9
    or not abs(
        chain.value_per_journey - coalesce(journeys.conversion_value, 0e0) / journeys.journeys
    ) <= 1e-9 * greatest(1e0, abs(journeys.conversion_value))
