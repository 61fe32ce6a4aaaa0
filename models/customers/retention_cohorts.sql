-- One row per (month of first order, months since): how many of the cohort ordered in
-- that month. Always of the whole cohort, so that rates of one cohort compare.
with

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

months as (

    select
        period_start,
        is_complete
    from {{ ref('int_months') }}

),

orders as (

    select
        orders.customer_id,
        orders.order_value,
        cast(date_trunc('month', orders.order_date) as date) as order_month
    from {{ ref('int_customer_orders') }} as orders
    inner join data_window
        on orders.order_date <= data_window.as_of

),

customer_cohorts as (

    select
        customer_id,
        min(order_month) as cohort_month
    from orders
    group by customer_id

),

cohorts as (

    select
        cohort_month,
        count(*) as customers
    from customer_cohorts
    group by cohort_month

),

-- Months without an order of the cohort are rows too.
cohort_months as (

    select
        cohorts.cohort_month,
        months.period_start as order_month,
        cohorts.customers,
        months.is_complete
    from cohorts
    inner join months
        on cohorts.cohort_month <= months.period_start

),

activity as (

    select
        customer_cohorts.cohort_month,
        orders.order_month,
        count(distinct orders.customer_id) as active_customers,
        sum(orders.order_value) as revenue
    from orders
    inner join customer_cohorts
        on orders.customer_id = customer_cohorts.customer_id
    group by customer_cohorts.cohort_month, orders.order_month

),

retention as (

    select
        cohort_months.cohort_month,
        cast(
            12 * (
                extract(year from cohort_months.order_month)
                - extract(year from cohort_months.cohort_month)
            )
            + extract(month from cohort_months.order_month)
            - extract(month from cohort_months.cohort_month) as integer
        ) as months_since_first_order,
        cohort_months.is_complete,
        cast(cohort_months.customers as bigint) as customers,
        cast(coalesce(activity.active_customers, 0) as bigint) as active_customers,
        coalesce(activity.active_customers, 0)
        / cast(cohort_months.customers as double) as retention_rate,
        cast(coalesce(activity.revenue, 0) as double) as revenue,
        cohort_months.order_month
    from cohort_months
    left join activity
        on cohort_months.cohort_month = activity.cohort_month
        and cohort_months.order_month = activity.order_month

)

select * from retention
