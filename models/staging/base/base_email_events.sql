-- One row per raw e-mail event row, typed; defect says what is wrong
-- with a row that may not go on.
with

raw_email_events as (

    select
        *,
        {{ clean_id('event_id') }} as event_id_clean,
        {{ clean_id('customer_id') }} as customer_id_clean,
        lower(trim(event_type)) as event_type_clean,
        {{ raw_timestamp('email_events', 'occurred_at') }} as occurred_at_parsed
    from {{ source('raw', 'email_events') }}

),

checked as (

    select
        *,
        {{ rejection(
            [
                (is_blank('email_events', 'event_id'), 'missing event_id'),
                (is_blank('email_events', 'customer_id'), 'missing customer_id'),
                (is_blank('email_events', 'event_type'), 'missing event_type'),
                (
                    "event_type_clean not in ('sent', 'opened', 'clicked', 'unsubscribed')",
                    'unknown event_type',
                ),
            ]
            + timestamp_checks('email_events', 'occurred_at')
        ) }} as defect
    from raw_email_events

),

judged as (

    select
        event_id_clean as event_id,
        customer_id_clean as customer_id,
        event_type_clean as event_type,
        occurred_at_parsed as occurred_at,
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('email_events') }} end as raw_row
    from checked

),

keyed as (

    select
        *,
        event_id as row_key
    from judged

)

select * from keyed
