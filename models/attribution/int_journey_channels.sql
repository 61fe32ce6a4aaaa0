-- One row per channel that a journey touched, numbered from 0 by name.
with

touched as (

    select distinct channel
    from {{ ref('int_journey_touches') }}

),

numbered as (

    select
        channel,
        cast(row_number() over (order by channel) - 1 as integer) as channel_number
    from touched

)

select * from numbered
