-- One row per business month from the first event to as_of, without gaps.
with

data_window as (

    select
        cast(date_trunc('month', first_date) as date) as first_month,
        as_of
    from {{ ref('int_data_window') }}

),

digits as (

    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

offsets as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit as months_later
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds

),

months as (

    select
        cast(data_window.first_month + offsets.months_later * interval '1' month as date)
            as period_start,
        data_window.as_of
    from data_window
    cross join offsets

),

covered as (

    select
        period_start,
        -- Complete once its last day has been seen.
        as_of >= cast(period_start + interval '1' month - interval '1' day as date)
            as is_complete
    from months
    where period_start <= as_of

)

select * from covered
