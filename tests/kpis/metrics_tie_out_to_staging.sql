-- Over all months the sums behind the KPIs are the sums of the staged tables.
with

metrics as (

    select
        sum(revenue) as revenue,
        sum(orders) as orders,
        sum(new_customers) as new_customers,
        sum(returns) as returns,
        sum(spend) as spend,
        sum(sessions) as sessions,
        sum(emails_sent) as emails_sent
    from {{ ref('int_business_metrics') }}

),

staged as (

    select
        (select sum(order_value) from {{ ref('stg_orders') }} where not is_cancelled) as revenue,
        (select count(*) from {{ ref('stg_orders') }} where not is_cancelled) as orders,
        (
            select count(distinct customer_id)
            from {{ ref('stg_orders') }}
            where not is_cancelled
        ) as new_customers,
        (select count(*) from {{ ref('stg_returns') }}) as returns,
        (select sum(spend) from {{ ref('stg_marketing_spend') }}) as spend,
        (select sum(sessions) from {{ ref('stg_web_sessions') }}) as sessions,
        (
            select count(*)
            from {{ ref('stg_email_events') }}
            where event_type = 'sent'
        ) as emails_sent

)

select *
from metrics
cross join staged
where
    {%- if var('as_of') is not none %}
    -- Months after as_of are left out of the metrics on purpose.
    1 = 0
    {%- else %}
    {%- for metric in [
        'revenue', 'orders', 'new_customers', 'returns', 'spend', 'sessions', 'emails_sent',
    ] %}
    not abs(coalesce(metrics.{{ metric }}, 0) - coalesce(staged.{{ metric }}, 0)) <= 1e-4
    {{- ' or' if not loop.last }}
    {%- endfor %}
    {%- endif %}
