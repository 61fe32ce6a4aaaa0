-- One row per customer with an order: how likely no order follows within the churn
-- horizon, and what is at stake.
{%- set horizon = integer_setting('churn_horizon_days') %}
with

metrics as (

    select
        customer_id,
        total_orders,
        total_spend,
        days_since_last_order,
        days_since_first_order,
        as_of
    from {{ ref('customer_metrics') }}
    where total_orders > 0

),

predictions as (

    select
        customer_id,
        gradient_boosting,
        logistic_regression,
        base_rate
    from {{ ref('int_churn_predictions') }}
    where data_split = 'open'

),

choice as (

    select candidate
    from {{ ref('int_churn_choice') }}

),

chosen as (

    select
        predictions.customer_id,
        choice.candidate,
        case choice.candidate
            {%- for candidate in churn_candidates() %}
            when '{{ candidate }}' then predictions.{{ candidate }}
            {%- endfor %}
        end as churn_probability
    from predictions
    cross join choice

),

valued as (

    select
        metrics.customer_id,
        chosen.candidate,
        chosen.churn_probability,
        metrics.total_orders,
        metrics.days_since_last_order,
        -- At the pace so far; nobody's pace is told by less than one horizon.
        metrics.total_spend * {{ horizon }}
        / greatest({{ horizon }}e0, metrics.days_since_first_order)
            as spend_per_horizon,
        metrics.as_of
    from metrics
    left join chosen
        on metrics.customer_id = chosen.customer_id

),

risks as (

    select
        customer_id,
        candidate,
        {{ is_at_risk('candidate', 'churn_probability', 'total_orders', 'days_since_last_order') }}
            as is_at_risk,
        churn_probability,
        spend_per_horizon,
        churn_probability * spend_per_horizon as expected_value_at_risk,
        as_of,
        {{ date_plus_days('as_of', horizon) }} as horizon_ends_on
    from valued

)

select * from risks
