-- One row per recorded amount of marketing spend.
with

sound_rows as (

    {{ sound_rows('marketing_spend') | indent(4) }}

),

channel_spellings as (

    select
        spelling,
        channel
    from {{ ref('stg_channel_spellings') }}

),

named as (

    select
        channel_spellings.channel,
        sound_rows.campaign,
        sound_rows.spend,
        sound_rows.spend_date
    from sound_rows
    inner join channel_spellings
        on sound_rows.channel = channel_spellings.spelling

)

select * from named
