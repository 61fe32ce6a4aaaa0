-- One row per touchpoint: a sound, deduplicated marketing touch of a customer.
with

sound_rows as (

    {{ sound_rows('touchpoints') | indent(4) }}

),

channel_spellings as (

    select
        spelling,
        channel,
        channel_number,
        is_direct
    from {{ ref('stg_channel_spellings') }}

),

named as (

    select
        sound_rows.touchpoint_id,
        sound_rows.customer_id,
        channel_spellings.channel,
        channel_spellings.channel_number,
        sound_rows.campaign,
        channel_spellings.is_direct,
        sound_rows.touched_at
    from sound_rows
    inner join channel_spellings
        on sound_rows.channel = channel_spellings.spelling

)

select * from named
