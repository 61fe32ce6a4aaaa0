-- One row per business month: what KPIs tell about customers. A month is judged on its
-- last day, the unfinished one on the newest day. NULL is not known.
{%- set months_of_retention = 3 %}
with

months as (

    select period_start
    from {{ ref('int_months') }}

),

snapshot_dates as (

    select
        snapshot_date,
        is_month_end,
        cast(date_trunc('month', snapshot_date) as date) as period_start
    from {{ ref('int_snapshot_dates') }}
    where
        is_month_end
        or is_as_of

),

segment_history as (

    select
        snapshot_date,
        customer_id
    from {{ ref('int_segment_history') }}
    where segment = 'VIP Champions'

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

order_months as (

    select distinct
        orders.customer_id,
        cast(date_trunc('month', orders.order_date) as date) as order_month
    from {{ ref('int_customer_orders') }} as orders
    inner join data_window
        on orders.order_date <= data_window.as_of

),

-- The model of a month's last day or, for the unfinished month, of as_of.
predictions as (

    select
        score_date,
        customer_id,
        gradient_boosting,
        logistic_regression,
        base_rate
    from {{ ref('int_churn_predictions') }}
    where data_split in ('open', 'history')

),

choice as (

    select candidate
    from {{ ref('int_churn_choice') }}

),

snapshots as (

    select
        snapshot_date,
        customer_id,
        total_orders,
        days_since_last_order
    from {{ ref('int_customer_snapshots') }}

),

scored as (

    select
        snapshot_dates.period_start,
        choice.candidate,
        snapshots.total_orders,
        snapshots.days_since_last_order,
        case choice.candidate
            {%- for candidate in churn_candidates() %}
            when '{{ candidate }}' then predictions.{{ candidate }}
            {%- endfor %}
        end as churn_probability
    from predictions
    cross join choice
    inner join snapshot_dates
        on predictions.score_date = snapshot_dates.snapshot_date
    inner join snapshots
        on predictions.score_date = snapshots.snapshot_date
        and predictions.customer_id = snapshots.customer_id

),

judged as (

    select
        period_start,
        {{ is_at_risk('candidate', 'churn_probability', 'total_orders', 'days_since_last_order') }}
            as is_at_risk
    from scored

),

at_risk as (

    select
        period_start,
        count(case when is_at_risk then 1 end) as at_risk_customers
    from judged
    where is_at_risk is not null
    group by period_start

),

-- Champions at the end of the month three months before.
former_champions as (

    select
        cast(
            snapshot_dates.period_start + interval '{{ months_of_retention }}' month as date
        ) as period_start,
        snapshot_dates.period_start as base_month,
        segment_history.customer_id
    from segment_history
    inner join snapshot_dates
        on segment_history.snapshot_date = snapshot_dates.snapshot_date
    where snapshot_dates.is_month_end

),

champions as (

    select
        former_champions.period_start,
        count(distinct former_champions.customer_id) as vip_customers_before,
        count(distinct order_months.customer_id) as vip_customers_retained
    from former_champions
    left join order_months
        on former_champions.customer_id = order_months.customer_id
        and former_champions.base_month < order_months.order_month
        and former_champions.period_start >= order_months.order_month
    group by former_champions.period_start

),

metrics as (

    select
        months.period_start,
        cast(champions.vip_customers_before as double) as vip_customers_before,
        cast(champions.vip_customers_retained as double) as vip_customers_retained,
        cast(at_risk.at_risk_customers as double) as at_risk_customers
    from months
    left join champions
        on months.period_start = champions.period_start
    left join at_risk
        on months.period_start = at_risk.period_start

)

select * from metrics
