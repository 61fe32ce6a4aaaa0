{% macro staged_columns(table_name) %}
{#-
    The typed columns that base_<table_name> makes of the raw columns, in order;
    channels are still spelled as they came.  The extra columns of orders that the
    setting return_extra_features names come last, as texts.
-#}
    {{ return({
        'touchpoints': [
            'touchpoint_id', 'customer_id', 'channel', 'campaign', 'touched_at',
        ],
        'orders': [
            'order_id', 'customer_id', 'product_category', 'shipping_method',
            'order_status', 'is_cancelled', 'order_value', 'discount_amount',
            'ordered_at',
        ] + (return_extra_features() | map(attribute='column') | list),
        'customers': ['customer_id', 'created_at'],
        'returns': ['order_id', 'refund_amount', 'processing_cost', 'returned_at'],
        'marketing_spend': ['channel', 'campaign', 'spend', 'spend_date'],
        'email_events': ['event_id', 'customer_id', 'event_type', 'occurred_at'],
        'web_sessions': ['channel', 'sessions', 'session_hour'],
    }[table_name]) }}
{% endmacro %}
