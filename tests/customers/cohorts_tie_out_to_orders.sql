-- Cohorts hold every customer with an order once, their months every order's value, and
-- in the month of the first order everybody is active.
with

cohorts as (

    select
        coalesce(
            sum(case when months_since_first_order = 0 then customers end), 0
        ) as customers,
        coalesce(sum(revenue), 0) as revenue,
        count(
            case
                when months_since_first_order = 0 and active_customers <> customers
                    then 1
            end
        ) as idle_beginnings
    from {{ ref('retention_cohorts') }}

),

metrics as (

    select
        count(case when total_orders > 0 then 1 end) as customers,
        coalesce(sum(total_spend), 0) as revenue
    from {{ ref('customer_metrics') }}

)

select
    cohorts.customers as customers_in_cohorts,
    metrics.customers,
    cohorts.revenue as revenue_in_cohorts,
    metrics.revenue,
    cohorts.idle_beginnings
from cohorts
cross join metrics
where
    cohorts.customers <> metrics.customers
    or not abs(cohorts.revenue - metrics.revenue) <= 1e-4
    or cohorts.idle_beginnings > 0
