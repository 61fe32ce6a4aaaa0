-- The KPI of the newest month counts the customers that churn_risk flags.
with

flags as (

    select
        cast(date_trunc('month', as_of) as date) as period_start,
        count(case when is_at_risk then 1 end) as at_risk_customers
    from {{ ref('churn_risk') }}
    where is_at_risk is not null
    group by cast(date_trunc('month', as_of) as date)

)

select
    flags.period_start,
    flags.at_risk_customers,
    metrics.at_risk_customers as at_risk_customers_in_kpis
from flags
inner join {{ ref('int_customer_monthly_metrics') }} as metrics
    on flags.period_start = metrics.period_start
where flags.at_risk_customers <> coalesce(metrics.at_risk_customers, -1)
