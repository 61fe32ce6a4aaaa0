-- One row per date: the days that metrics are counted by, and how people name them.
with

days as (

    select
        date_day,
        as_of
    from {{ ref('int_calendar_days') }}

),

named as (

    select
        date_day,
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(quarter from date_day) as integer) as calendar_quarter,
        cast(extract(month from date_day) as integer) as calendar_month,
        cast(extract(day from date_day) as integer) as day_of_month,
        -- Weeks begin on Monday, as in ISO 8601.
        cast(
            {{ days_from("cast(date_trunc('week', date_day) as date)", 'date_day') }}
            + 1 as integer
        ) as weekday_number,
        date_day <= as_of as is_in_data,
        cast(date_trunc('week', date_day) as date) as week_start,
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(date_trunc('quarter', date_day) as date) as quarter_start
    from days

)

select * from named
