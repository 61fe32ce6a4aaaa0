-- One row per spelling of a channel in the raw data: the channel it means.
-- Joining on the few spellings keeps text work off the many touchpoints.
with

touchpoints as (

    select distinct channel as spelling
    from {{ source('raw', 'touchpoints') }}

),

marketing_spend as (

    select distinct channel as spelling
    from {{ source('raw', 'marketing_spend') }}

),

web_sessions as (

    select distinct channel as spelling
    from {{ source('raw', 'web_sessions') }}

),

channel_map as (

    select
        alias,
        channel,
        is_paid,
        is_direct
    from {{ ref('channel_map') }}

),

spellings as (

    select spelling from touchpoints
    union
    select spelling from marketing_spend
    union
    select spelling from web_sessions

),

normalised as (

    select
        spelling,
        lower({{ collapse_blanks('spelling') }}) as alias
    from spellings
    where spelling is not null

),

mapped as (

    select
        normalised.spelling,
        case
            when channel_map.channel is not null then channel_map.channel
            -- That name is taken by conversions without a touch.
            when normalised.alias = 'unattributed' then 'unattributed (as recorded)'
            when normalised.alias = '' then '(blank)'
            else normalised.alias
        end as channel,
        coalesce(channel_map.is_paid, false) as is_paid,
        coalesce(channel_map.is_direct, false) as is_direct,
        channel_map.alias is not null as is_mapped
    from normalised
    left join channel_map
        on normalised.alias = channel_map.alias

),

-- By name, from 1: what sorts and counts many touches does so by number.
numbered as (

    select
        spelling,
        channel,
        cast(dense_rank() over (order by channel) as integer) as channel_number,
        is_paid,
        is_direct,
        is_mapped
    from mapped

)

select * from numbered
