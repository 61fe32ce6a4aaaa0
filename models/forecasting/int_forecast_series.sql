-- One row per (series, grain, period): the revenue that is forecast, without gaps.
-- Series are the company and each channel, by the channels' credit for the day's
-- orders; a channel begins with its first revenue. Periods that are not over are not
-- here: half a day would be learnt as a bad one.
with

credits as (

    select
        conversion_id as order_id,
        channel,
        credit_{{ forecast_attribution_model() }} as credit
    from {{ ref('touchpoint_credits') }}
    where credit_{{ forecast_attribution_model() }} <> 0

),

orders as (

    select
        order_id,
        cast(order_value as double) as order_value,
        ordered_at,
        {{ business_date('ordered_at') }} as order_date
    from {{ ref('stg_orders') }}
    where not is_cancelled

),

touchpoints as (

    select touched_at
    from {{ ref('stg_touchpoints') }}

),

web_sessions as (

    select session_hour
    from {{ ref('stg_web_sessions') }}

),

last_moments as (

    select max(ordered_at) as last_at
    from orders
    union all
    select max(touched_at) as last_at
    from touchpoints
    union all
    select max(session_hour) as last_at
    from web_sessions

),

present as (

    select
        cast({{ business_clock('max(last_at)') }} as date) as running_date,
        extract(hour from {{ business_clock('max(last_at)') }}) as running_hour
    from last_moments

),

ordering as (

    select
        min(order_date) as first_date,
        max(order_date) as last_order_date
    from orders

),

-- The history ends with the last order: days after it may not have been exported yet.
-- Its day is over once something happened later, or in the day's last hour.
history as (

    select
        ordering.first_date,
        {%- if var('as_of') is not none %}
        least(date '{{ var("as_of") }}', ordering.last_order_date) as last_date,
        {%- else %}
        ordering.last_order_date as last_date,
        {%- endif %}
        case
            when present.running_date > ordering.last_order_date then ordering.last_order_date
            when present.running_hour = 23 then ordering.last_order_date
            else cast(ordering.last_order_date - interval '1' day as date)
        end as last_full_date
    from ordering
    cross join present

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
        least(history.last_date, history.last_full_date) as last_date
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

-- An order that is no conversion (a later one under first_orders) has no credit.
order_shares as (

    select
        coalesce(credits.channel, 'unattributed') as channel,
        orders.order_date,
        coalesce(credits.credit, 1e0) * orders.order_value as revenue
    from orders
    left join credits
        on orders.order_id = credits.order_id

),

named as (

    select
        case
            when channel = 'company' then 'company (channel)'
            else channel
        end as series,
        'channel' as series_level,
        order_date,
        {{ stable_sum('revenue') }} as revenue
    from order_shares
    group by channel, order_date
    union all
    select
        'company' as series,
        'company' as series_level,
        order_date,
        {{ stable_sum('order_value') }} as revenue
    from orders
    group by order_date

),

starts as (

    select
        series,
        series_level,
        min(order_date) as starts_on
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
        on starts.starts_on <= dates.calendar_date
        or starts.series_level = 'company'
    left join named
        on starts.series = named.series
        and dates.calendar_date = named.order_date

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
