{% macro segment_features() %}
{#-
    What customers are segmented by: recency, frequency and spend over all time,
    and what they did lately.  Columns of int_customer_snapshots.
-#}
    {{ return([
        'days_since_last_order',
        'total_orders',
        'total_spend',
        'orders_last_180_days',
    ]) }}
{% endmacro %}
