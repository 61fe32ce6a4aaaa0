-- One row per (series, grain, period): the revenue that is forecast, without gaps.
-- Series are the company and each channel, by the linear credit of the day's
-- conversions; a channel begins with its first credit.
with

touchpoint_credits as (

    select
        channel,
        credit_{{ forecast_attribution_model() }} * conversion_value as revenue,
        {{ business_date('converted_at') }} as conversion_date
    from {{ ref('touchpoint_credits') }}

),

orders as (

    select {{ business_date('ordered_at') }} as order_date
    from {{ ref('stg_orders') }}

),

-- The history ends with the setting as_of, or with the last order: days after it
-- may not have been exported yet.
history as (

    select
        min(order_date) as first_date,
        {%- if var('as_of') is not none %}
        date '{{ var("as_of") }}' as last_date
        {%- else %}
        max(order_date) as last_date
        {%- endif %}
    from orders

),

digits as (

    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- 27 years of days.
days_later as (

    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit
            as days_later
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands

),

days as (

    select
        cast(history.first_date + days_later.days_later * interval '1' day as date)
            as calendar_date,
        history.first_date,
        history.last_date
    from history
    cross join days_later

),

dates as (

    select
        calendar_date,
        first_date,
        last_date,
        cast(date_trunc('week', calendar_date) as date) as week_start,
        cast(date_trunc('month', calendar_date) as date) as month_start
    from days
    where calendar_date <= last_date

),

revenue_by_date as (

    select
        channel,
        conversion_date,
        {{ stable_sum('revenue') }} as revenue
    from touchpoint_credits
    group by channel, conversion_date

),

named as (

    select
        case
            when channel = 'company' then 'company (channel)'
            else channel
        end as series,
        'channel' as series_level,
        conversion_date,
        revenue
    from revenue_by_date
    union all
    select
        'company' as series,
        'company' as series_level,
        conversion_date,
        {{ stable_sum('revenue') }} as revenue
    from revenue_by_date
    group by conversion_date

),

starts as (

    select
        series,
        series_level,
        min(conversion_date) as starts_on
    from named
    where revenue <> 0
    group by series, series_level

),

daily as (

    select
        starts.series,
        starts.series_level,
        dates.calendar_date,
        dates.week_start,
        dates.month_start,
        dates.first_date,
        dates.last_date,
        coalesce(named.revenue, 0e0) as revenue
    from starts
    inner join dates
        on
            dates.calendar_date >= starts.starts_on
            or starts.series_level = 'company'
    left join named
        on
            starts.series = named.series
            and dates.calendar_date = named.conversion_date

),

periods as (

    select
        series,
        series_level,
        'day' as grain,
        calendar_date as period_start,
        calendar_date as period_end,
        first_date,
        last_date,
        revenue
    from daily
    union all
    select
        series,
        series_level,
        'week' as grain,
        week_start as period_start,
        cast(week_start + interval '6' day as date) as period_end,
        first_date,
        last_date,
        revenue
    from daily
    union all
    select
        series,
        series_level,
        'month' as grain,
        month_start as period_start,
        cast(month_start + interval '1' month - interval '1' day as date) as period_end,
        first_date,
        last_date,
        revenue
    from daily

),

summed as (

    select
        series,
        series_level,
        grain,
        {{ stable_sum('revenue') }} as value,
        period_start
    from periods
    -- Weeks and months count when all of their days have been seen.
    where period_start >= first_date and period_end <= last_date
    group by series, series_level, grain, period_start

),

numbered as (

    select
        series,
        grain,
        series_level,
        dense_rank() over (
            partition by grain
            order by period_start
        ) as period_index,
        value,
        period_start
    from summed

)

select * from numbered
