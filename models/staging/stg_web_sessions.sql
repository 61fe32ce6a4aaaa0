-- One row per recorded count of web sessions in an hour.
with

sound_rows as (

    {{ sound_rows('web_sessions') | indent(4) }}

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
        sound_rows.sessions,
        sound_rows.session_hour
    from sound_rows
    inner join channel_spellings
        on sound_rows.channel = channel_spellings.spelling

)

select * from named
