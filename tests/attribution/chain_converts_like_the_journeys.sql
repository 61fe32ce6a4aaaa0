-- A chain fitted on journeys converts exactly as often, and for as much, as they do.
with

journeys as (

    select
        cast(sum(journeys) as double) as journeys,
        cast(sum(conversions) as double) as conversions,
        sum(conversion_value) as conversion_value
    from {{ ref('int_journey_channel_sets') }}

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
