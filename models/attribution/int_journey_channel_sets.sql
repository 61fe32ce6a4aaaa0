-- One row per (jackknife group, set of channels): journeys that touched exactly
-- these channels, and how they ended.
with

journey_touches as (

    select
        customer_id,
        journey_number,
        jackknife_group,
        channel,
        is_converted,
        conversion_value
    from {{ ref('int_journey_touches') }}

),

journey_channels as (

    select
        channel,
        channel_number
    from {{ ref('int_journey_channels') }}

),

journeys as (

    select
        journey_touches.customer_id,
        journey_touches.journey_number,
        max(journey_touches.jackknife_group) as jackknife_group,
        {%- for word in range(1, 5) %}
        {{ channel_bits('journey_channels.channel_number', word) }} as channels_{{ word }},
        {%- endfor %}
        max(case when journey_touches.is_converted then 1 else 0 end) as conversions,
        max(journey_touches.conversion_value) as conversion_value
    from journey_touches
    inner join journey_channels
        on journey_touches.channel = journey_channels.channel
    group by journey_touches.customer_id, journey_touches.journey_number

),

channel_sets as (

    select
        jackknife_group,
        channels_1,
        channels_2,
        channels_3,
        channels_4,
        count(*) as journeys,
        cast(sum(conversions) as bigint) as conversions,
        cast(coalesce(sum(conversion_value), 0) as double) as conversion_value
    from journeys
    group by jackknife_group, channels_1, channels_2, channels_3, channels_4

)

select * from channel_sets
