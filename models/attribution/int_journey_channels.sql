-- One row per channel that a journey touched, numbered from 0 by name.
with

journey_counts as (

    select
        channel,
        channel_number
    from {{ ref('int_journey_counts') }}
    where not is_channel_set

),

channels as (

    select distinct
        channel,
        channel_number
    from journey_counts

)

select * from channels
