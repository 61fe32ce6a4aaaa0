-- One row per raw touchpoint row, typed; defect says what is wrong
-- with a row that may not go on.
{%- set has_id = raw_column_kind('touchpoints', 'touchpoint_id') != 'absent' %}
with

raw_touchpoints as (

    select
        *,
        {{ clean_id('touchpoint_id') }} as touchpoint_id_clean,
        {{ clean_id('customer_id') }} as customer_id_clean,
        {{ raw_timestamp('touchpoints', 'touched_at') }} as touched_at_parsed
    from {{ source('raw', 'touchpoints') }}

),

checked as (

    select
        *,
        {{ rejection(
            ([(is_blank('touchpoints', 'touchpoint_id'), 'missing touchpoint_id')] if has_id else [])
            + [
                (is_blank('touchpoints', 'customer_id'), 'missing customer_id'),
                (is_blank('touchpoints', 'channel'), 'missing channel'),
            ]
            + timestamp_checks('touchpoints', 'touched_at')
        ) }} as defect
    from raw_touchpoints

),

judged as (

    select
        touchpoint_id_clean as given_touchpoint_id,
        customer_id_clean as customer_id,
        channel,
        {{ clean_text('campaign') }} as campaign,
        touched_at_parsed as touched_at,
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('touchpoints') }} end as raw_row
    from checked

),

identified as (

    select
        {%- if has_id %}
        given_touchpoint_id as touchpoint_id,
        {%- else %}
        -- Without an id of its own a touch is what happened: who, when, where.
        {{ row_key(['customer_id', 'touched_at', 'channel', 'campaign']) }} as touchpoint_id,
        {%- endif %}
        customer_id,
        channel,
        campaign,
        touched_at,
        source_file,
        defect,
        raw_row
    from judged

),

keyed as (

    select
        *,
        touchpoint_id as row_key
    from identified

)

select * from keyed
