{% macro churn_features() %}
{#- What the churn model knows of a customer: columns of int_customer_snapshots. -#}
    {{ return([
        'days_since_last_order',
        'days_since_first_order',
        'tenure',
        'total_orders',
        'orders_last_90_days',
        'orders_last_180_days',
        'orders_last_365_days',
        'total_spend',
        'avg_order_value',
        'avg_days_between_orders',
        'return_rate',
        'email_engagement',
    ]) }}
{% endmacro %}
