-- The customers at the end of a month are those with an order by then; and those at its
-- beginning, with who had none before, are the same people.
with

arrivals as (

    select
        period_start,
        to_segment as segment,
        sum(customers) as customers
    from {{ ref('segment_migration') }}
    group by period_start, to_segment

),

departures as (

    select
        cast(period_start - interval '1' month as date) as period_start,
        from_segment as segment,
        sum(customers) as customers
    from {{ ref('segment_migration') }}
    where from_segment <> '(first order)'
    group by period_start, from_segment

),

months as (

    select
        cast(date_trunc('month', snapshots.snapshot_date) as date) as period_start,
        count(*) as customers
    from {{ ref('int_customer_snapshots') }} as snapshots
    inner join {{ ref('int_snapshot_dates') }} as snapshot_dates
        on snapshots.snapshot_date = snapshot_dates.snapshot_date
    where
        snapshot_dates.is_month_end
        and snapshots.total_orders > 0
    group by snapshots.snapshot_date

),

monthly_arrivals as (

    select
        period_start,
        sum(customers) as customers
    from arrivals
    group by period_start

)

select
    departures.period_start,
    departures.segment,
    departures.customers as customers_who_left,
    arrivals.customers as customers_who_came
from departures
inner join monthly_arrivals
    on departures.period_start = monthly_arrivals.period_start
left join arrivals
    on departures.period_start = arrivals.period_start
    and departures.segment = arrivals.segment
where coalesce(arrivals.customers, 0) <> departures.customers

union all

select
    months.period_start,
    'all' as segment,
    months.customers as customers_who_left,
    monthly_arrivals.customers as customers_who_came
from monthly_arrivals
inner join months
    on monthly_arrivals.period_start = months.period_start
where months.customers <> monthly_arrivals.customers
