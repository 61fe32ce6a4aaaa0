-- One row per date, without gaps: from the first January of the data to the second
-- December after as_of, which is as far as a forecast can reach.
with

data_window as (

    select
        cast(date_trunc('year', first_date) as date) as first_day,
        cast(date_trunc('year', as_of) + interval '2' year as date) as day_after_last,
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

    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as days_later
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands

),

days as (

    select
        cast(data_window.first_day + offsets.days_later * interval '1' day as date)
            as date_day,
        data_window.as_of
    from data_window
    cross join offsets
    where
        offsets.days_later
        < {{ days_from('data_window.first_day', 'data_window.day_after_last') }}

)

select * from days
