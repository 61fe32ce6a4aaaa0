-- One row per business month: what the KPIs are made of, for people and tools that
-- make ratios of their own.
with

business_metrics as (

    select
        period_start,
        is_complete,
        revenue,
        orders,
        returned_orders,
        new_customers,
        returns,
        refund_amount,
        return_processing_cost,
        spend,
        sessions,
        emails_sent,
        emails_opened,
        emails_clicked,
        emails_unsubscribed,
        vip_customers_before,
        vip_customers_retained,
        {%- for model in all_attribution_models() %}
        email_revenue_{{ model }},
        {%- endfor %}
        {%- for model in all_attribution_models() %}
        funded_revenue_{{ model }},
        {%- endfor %}
        at_risk_customers,
        forecast_absolute_error,
        forecast_actual_revenue
    from {{ ref('int_business_metrics') }}

)

select * from business_metrics
