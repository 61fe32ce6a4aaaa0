-- One row per raw spend row, typed; defect says what is wrong with a
-- row that may not go on.
with

raw_marketing_spend as (

    select
        *,
        cast({{ raw_timestamp('marketing_spend', 'spend_date') }} as date) as spend_date_parsed,
        {{ raw_amount('marketing_spend', 'spend') }} as spend_parsed
    from {{ source('raw', 'marketing_spend') }}

),

checked as (

    select
        *,
        {{ rejection(
            timestamp_checks('marketing_spend', 'spend_date')
            + [
                (is_blank('marketing_spend', 'channel'), 'missing channel'),
            ]
            + amount_checks('marketing_spend', 'spend')
        ) }} as defect
    from raw_marketing_spend

),

judged as (

    select
        channel,
        {{ clean_text('campaign') }} as campaign,
        spend_parsed as spend,
        spend_date_parsed as spend_date,
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('marketing_spend') }} end as raw_row
    from checked

),

keyed as (

    select
        *,
        -- The same nothing told twice is still nothing.
        case
            when spend <> 0 then {{ row_key(staged_columns('marketing_spend')) }}
        end as row_key
    from judged

)

select * from keyed
