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

),

mapped as (

    select
        normalised.spelling,
        coalesce(channel_map.channel, normalised.alias) as channel,
        coalesce(channel_map.is_paid, false) as is_paid,
        coalesce(channel_map.is_direct, false) as is_direct,
        channel_map.alias is not null as is_mapped
    from normalised
    left join channel_map
        on normalised.alias = channel_map.alias
    where normalised.alias <> ''

)

select * from mapped
