-- One row per raw web session row, typed; defect says what is wrong
-- with a row that may not go on.
with

raw_web_sessions as (

    select
        *,
        date_trunc('hour', {{ raw_timestamp('web_sessions', 'session_hour') }}) as session_hour_parsed,
        {{ raw_amount('web_sessions', 'sessions') }} as sessions_parsed
    from {{ source('raw', 'web_sessions') }}

),

channel_spellings as (

    select
        spelling,
        channel as channel_name
    from {{ ref('stg_channel_spellings') }}

),

checked as (

    select
        *,
        {{ rejection(
            timestamp_checks('web_sessions', 'session_hour')
            + [('channel_name is null', 'missing channel')]
            + amount_checks('web_sessions', 'sessions')
            + [('sessions_parsed <> floor(sessions_parsed)', 'sessions not a whole number')]
        ) }} as defect
    from raw_web_sessions
    left join channel_spellings
        on raw_web_sessions.channel = channel_spellings.spelling

),

judged as (

    select
        channel_name as channel,
        cast(sessions_parsed as bigint) as sessions,
        session_hour_parsed as session_hour,
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('web_sessions') }} end as raw_row
    from checked

),

keyed as (

    select
        *,
        {{ row_key(staged_columns('web_sessions')) }} as row_key
    from judged

)

select * from keyed
