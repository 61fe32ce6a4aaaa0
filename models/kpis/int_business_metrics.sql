-- One row per business month: the sums and counts that KPI formulas are made of.
with

months as (

    select
        period_start,
        is_complete
    from {{ ref('int_months') }}

),

orders as (

    select
        order_id,
        customer_id,
        order_value,
        {{ business_month('ordered_at') }} as period_start
    from {{ ref('stg_orders') }}
    where
        not is_cancelled
        and {{ happened_by_as_of(business_date('ordered_at')) }}

),

returns as (

    select
        order_id,
        refund_amount,
        processing_cost,
        {{ business_month('returned_at') }} as period_start
    from {{ ref('stg_returns') }}
    where {{ happened_by_as_of(business_date('returned_at')) }}

),

marketing_spend as (

    select
        spend,
        cast(date_trunc('month', spend_date) as date) as period_start
    from {{ ref('stg_marketing_spend') }}
    where {{ happened_by_as_of('spend_date') }}

),

web_sessions as (

    select
        sessions,
        {{ business_month('session_hour') }} as period_start
    from {{ ref('stg_web_sessions') }}
    where {{ happened_by_as_of(business_date('session_hour')) }}

),

email_events as (

    select
        event_type,
        {{ business_month('occurred_at') }} as period_start
    from {{ ref('stg_email_events') }}
    where {{ happened_by_as_of(business_date('occurred_at')) }}

),

channel_attribution as (

    select
        conversion_month as period_start,
        channel,
        attribution_model,
        revenue
    from {{ ref('channel_attribution') }}

),

channel_performance as (

    select
        touch_month as period_start,
        attribution_model,
        revenue,
        spend
    from {{ ref('channel_performance') }}

),

monthly_customers as (

    select
        period_start,
        vip_customers_before,
        vip_customers_retained,
        at_risk_customers
    from {{ ref('int_customer_monthly_metrics') }}

),

forecast_backtests as (

    select
        forecast - actual as error,
        actual,
        cast(date_trunc('month', period_start) as date) as period_start
    from {{ ref('forecast_backtests') }}
    where series = 'company' and grain = 'day'

),

returned_orders as (

    select distinct order_id
    from returns

),

first_months as (

    select
        customer_id,
        min(period_start) as period_start
    from orders
    where customer_id is not null
    group by customer_id

),

monthly_orders as (

    select
        orders.period_start,
        sum(orders.order_value) as revenue,
        count(*) as orders,
        count(returned_orders.order_id) as returned_orders
    from orders
    left join returned_orders
        on orders.order_id = returned_orders.order_id
    group by orders.period_start

),

monthly_new_customers as (

    select
        period_start,
        count(*) as new_customers
    from first_months
    group by period_start

),

monthly_returns as (

    select
        period_start,
        count(*) as returns,
        sum(refund_amount) as refund_amount,
        sum(processing_cost) as return_processing_cost
    from returns
    group by period_start

),

monthly_spend as (

    select
        period_start,
        sum(spend) as spend
    from marketing_spend
    group by period_start

),

monthly_sessions as (

    select
        period_start,
        sum(sessions) as sessions
    from web_sessions
    group by period_start

),

monthly_email as (

    select
        {%- for event_type in ['sent', 'opened', 'clicked', 'unsubscribed'] %}
        count(case when event_type = '{{ event_type }}' then 1 end) as emails_{{ event_type }},
        {%- endfor %}
        period_start
    from email_events
    group by period_start

),

monthly_email_revenue as (

    select
        {%- for model in all_attribution_models() %}
        {{ stable_sum("case when attribution_model = '" ~ model ~ "' then revenue end") }}
            as email_revenue_{{ model }},
        {%- endfor %}
        period_start
    from channel_attribution
    where channel = 'email'
    group by period_start

),

monthly_funded_revenue as (

    select
        {%- for model in all_attribution_models() %}
        {{ stable_sum("case when attribution_model = '" ~ model ~ "' then revenue end") }}
            as funded_revenue_{{ model }},
        {%- endfor %}
        period_start
    from channel_performance
    where spend > 0
    group by period_start

),

-- Each day counts as often as it was forecast.
monthly_forecast_errors as (

    select
        {{ stable_sum('abs(error)') }} as forecast_absolute_error,
        {{ stable_sum('abs(actual)') }} as forecast_actual_revenue,
        period_start
    from forecast_backtests
    group by period_start

),

-- A table that was not given makes its metrics unknown, not 0.
given as (

    select
        (select count(*) from monthly_returns) > 0 as has_returns,
        (select count(return_processing_cost) from monthly_returns) > 0 as has_costs,
        (select count(*) from monthly_spend) > 0 as has_spend,
        (select count(*) from monthly_sessions) > 0 as has_sessions,
        (select count(*) from monthly_email) > 0 as has_email

),

metrics as (

    select
        months.period_start,
        {%- for metric, given in [
            ('revenue', none),
            ('orders', none),
            ('returned_orders', 'has_returns'),
            ('new_customers', none),
            ('returns', 'has_returns'),
            ('refund_amount', 'has_returns'),
            ('return_processing_cost', 'has_costs'),
            ('spend', 'has_spend'),
            ('sessions', 'has_sessions'),
            ('emails_sent', 'has_email'),
            ('emails_opened', 'has_email'),
            ('emails_clicked', 'has_email'),
            ('emails_unsubscribed', 'has_email'),
        ] %}
        {%- if given %}
        case
            when given.{{ given }} then cast(coalesce({{ metric }}, 0) as double)
        end as {{ metric }},
        {%- else %}
        cast(coalesce({{ metric }}, 0) as double) as {{ metric }},
        {%- endif %}
        {%- endfor %}
        monthly_customers.vip_customers_before,
        monthly_customers.vip_customers_retained,
        monthly_customers.at_risk_customers,
        monthly_forecast_errors.forecast_absolute_error,
        monthly_forecast_errors.forecast_actual_revenue,
        {%- for model in all_attribution_models() %}
        coalesce(email_revenue_{{ model }}, 0e0) as email_revenue_{{ model }},
        {%- endfor %}
        {%- for model in all_attribution_models() %}
        coalesce(funded_revenue_{{ model }}, 0e0) as funded_revenue_{{ model }},
        {%- endfor %}
        months.is_complete
    from months
    cross join given
    {%- for monthly in [
        'monthly_orders', 'monthly_new_customers', 'monthly_returns', 'monthly_spend',
        'monthly_sessions', 'monthly_email', 'monthly_email_revenue',
        'monthly_funded_revenue', 'monthly_customers', 'monthly_forecast_errors',
    ] %}
    left join {{ monthly }}
        on months.period_start = {{ monthly }}.period_start
    {%- endfor %}

)

select * from metrics
