-- Without transforms and with every order a conversion, each touch is in one
-- journey. Each journey has one first and one last touch, and one set of channels.
{%- set is_whole = not boolean_setting('exclude_direct')
    and not boolean_setting('collapse_repeats')
    and choice_setting('conversion_scope', ['all_orders', 'first_orders']) == 'all_orders' %}
with

transitions as (

    select
        coalesce(sum(case when next_channel is not null then transitions end), 0) as touches,
        coalesce(sum(case when state_1 is null then transitions end), 0) as first_touches,
        coalesce(sum(case when next_channel is null then transitions end), 0) as last_touches
    from {{ ref('int_journey_transitions') }}

),

channel_sets as (

    select coalesce(sum(journeys), 0) as journeys
    from {{ ref('int_journey_channel_sets') }}

),

touchpoints as (

    select count(*) as touches
    from {{ ref('stg_touchpoints') }}
    where {{ happened_by_as_of(business_date('touched_at')) }}

)

select
    transitions.*,
    channel_sets.journeys,
    touchpoints.touches as all_touches
from transitions
cross join channel_sets
cross join touchpoints
where
    transitions.first_touches <> transitions.last_touches
    or transitions.first_touches <> channel_sets.journeys
    {%- if is_whole %}
    or transitions.touches <> touchpoints.touches
    {%- endif %}
