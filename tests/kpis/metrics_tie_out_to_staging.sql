-- Over all months the sums behind the KPIs are the sums of the staged tables from
-- the month of the first order on, until as_of.
with

first_month as (

    select min(period_start) as first_month
    from {{ ref('int_months') }}

),

orders as (

    select
        count(*) as orders,
        count(distinct customer_id) as customers,
        sum(order_value) as revenue
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and {{ happened_by_as_of(business_date('ordered_at')) }}

),

emails as (

    select count(*) as sent
    from {{ ref('stg_email_events') }} as events
    cross join first_month
    where
        events.event_type = 'sent'
        and {{ business_date('events.occurred_at') }} >= first_month.first_month
        and {{ happened_by_as_of(business_date('events.occurred_at')) }}

),

staged as (

    select
        'orders' as metric,
        orders as total
    from orders
    union all
    select
        'new_customers' as metric,
        customers as total
    from orders
    union all
    select
        'revenue' as metric,
        revenue as total
    from orders
    union all
    select
        'emails_sent' as metric,
        sent as total
    from emails
    union all
    select
        'returns' as metric,
        count(*) as total
    from {{ ref('stg_returns') }} as returns
    cross join first_month
    where
        {{ business_date('returns.returned_at') }} >= first_month.first_month
        and {{ happened_by_as_of(business_date('returns.returned_at')) }}
    union all
    select
        'spend' as metric,
        sum(spends.spend) as total
    from {{ ref('stg_marketing_spend') }} as spends
    cross join first_month
    where
        spends.spend_date >= first_month.first_month
        and {{ happened_by_as_of('spends.spend_date') }}
    union all
    select
        'sessions' as metric,
        sum(web.sessions) as total
    from {{ ref('stg_web_sessions') }} as web
    cross join first_month
    where
        {{ business_date('web.session_hour') }} >= first_month.first_month
        and {{ happened_by_as_of(business_date('web.session_hour')) }}

),

metrics as (

    {%- for metric in [
        'orders', 'new_customers', 'revenue', 'emails_sent', 'returns', 'spend', 'sessions',
    ] %}
    select
        '{{ metric }}' as metric,
        sum({{ metric }}) as total
    from {{ ref('int_business_metrics') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    staged.metric,
    staged.total as staged_total,
    metrics.total as metrics_total
from staged
inner join metrics
    on staged.metric = metrics.metric
where not abs(coalesce(staged.total, 0) - coalesce(metrics.total, 0)) <= 1e-4
