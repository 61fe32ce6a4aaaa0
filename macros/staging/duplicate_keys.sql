{% macro duplicate_keys() %}
{#- What repeats in a duplicate row of each raw table, for its reason. -#}
    {{ return({
        'touchpoints': 'touchpoint_id',
        'orders': 'order_id',
        'customers': 'customer_id',
        'returns': 'return',
        'marketing_spend': 'spend row',
        'email_events': 'event_id',
        'web_sessions': 'session row',
    }) }}
{% endmacro %}
