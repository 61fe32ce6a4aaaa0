-- One row per raw customer row, typed; defect says what is wrong with
-- a row that may not go on.
with

raw_customers as (

    select
        *,
        {{ clean_id('customer_id') }} as customer_id_clean,
        {{ raw_timestamp('customers', 'created_at') }} as created_at_parsed
    from {{ source('raw', 'customers') }}

),

checked as (

    select
        *,
        {{ rejection(
            [(is_blank('customers', 'customer_id'), 'missing customer_id')]
            + timestamp_checks('customers', 'created_at')
        ) }} as defect
    from raw_customers

),

judged as (

    select
        customer_id_clean as customer_id,
        created_at_parsed as created_at,
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('customers') }} end as raw_row
    from checked

),

keyed as (

    select
        *,
        customer_id as row_key
    from judged

)

select * from keyed
