-- One row per (metric, channel, grain, period_start): what happened in every hour
-- and day, hours and days without anything among them.
with

periods as (

    select *
    from {{ ref('int_metric_periods') }}

),

sums as (

    select *
    from {{ ref('int_metric_sums') }}

),

-- A table that was not given makes its metrics unknown, not 0.
given as (

    select
        count(returned_orders) > 0 as has_returns,
        count(sessions) > 0 as has_sessions,
        max(case when spend is not null then period_start end) as last_spend_day
    from sums

),

filled as (

    select
        periods.channel,
        periods.grain,
        periods.is_complete,
        given.last_spend_day,
        coalesce(sums.revenue, 0e0) as revenue,
        coalesce(sums.orders, 0e0) as orders,
        case when given.has_returns then coalesce(sums.returned_orders, 0e0) end
            as returned_orders,
        case when given.has_sessions then coalesce(sums.sessions, 0e0) end
            as sessions,
        -- Spend arrives late: after its last day it is not 0 but not known yet.
        case
            when periods.period_start <= given.last_spend_day
                then coalesce(sums.spend, 0e0)
        end as spend,
        periods.business_date,
        periods.period_start,
        periods.clock_start
    from periods
    cross join given
    left join sums
        on periods.channel = sums.channel
        and periods.grain = sums.grain
        and periods.period_start = sums.period_start

),

measured as (

    {%- for metric, value in [
        ('revenue', 'revenue'),
        ('orders', 'orders'),
        ('average_order_value', 'revenue / nullif(orders, 0e0)'),
        ('sessions', 'sessions'),
        ('conversion_rate', 'orders / nullif(sessions, 0e0)'),
        ('return_rate', 'returned_orders / nullif(orders, 0e0)'),
        ('spend', 'spend'),
    ] %}
    select
        '{{ metric }}' as metric,
        channel,
        grain,
        {%- if metric == 'spend' %}
        is_complete and period_start <= last_spend_day as is_complete,
        {%- else %}
        is_complete,
        {%- endif %}
        {{ value }} as value,
        business_date,
        period_start,
        clock_start
    from filled
    {%- if metric == 'spend' %}
    where grain = 'day' and last_spend_day is not null
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

named as (

    select
        metric,
        channel,
        grain,
        is_complete,
        value,
        business_date,
        period_start,
        clock_start
    from measured

)

select * from named
