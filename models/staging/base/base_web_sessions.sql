-- One row per raw web session row, typed; defect says what is wrong
-- with a row that may not go on.
with

raw_web_sessions as (

    select
        *,
        date_trunc('hour', {{ raw_timestamp('web_sessions', 'session_hour') }})
            as session_hour_parsed,
        {{ raw_amount('web_sessions', 'sessions') }} as sessions_parsed
    from {{ source('raw', 'web_sessions') }}

),

checked as (

    select
        *,
        {{ rejection(
            timestamp_checks('web_sessions', 'session_hour')
            + [(is_blank('web_sessions', 'channel'), 'missing channel')]
            + amount_checks('web_sessions', 'sessions')
            + [('sessions_parsed <> floor(sessions_parsed)', 'sessions not a whole number')]
        ) }} as defect
    from raw_web_sessions

),

judged as (

    select
        channel,
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
