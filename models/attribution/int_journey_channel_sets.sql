-- One row per (jackknife group, set of channels): journeys that touched exactly
-- these channels, and how they ended.
with

channel_sets as (

    select
        jackknife_group,
        channels_1,
        channels_2,
        channels_3,
        channels_4,
        journeys,
        conversions,
        cast(coalesce(conversion_value, 0) as double) as conversion_value
    from {{ ref('int_journey_counts') }}
    where is_channel_set

)

select * from channel_sets
