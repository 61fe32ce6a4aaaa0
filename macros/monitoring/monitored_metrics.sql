{% macro monitored_metrics() %}
{#- Names of the metrics that metric_values holds. -#}
    {{ return([
        'revenue',
        'orders',
        'average_order_value',
        'sessions',
        'conversion_rate',
        'return_rate',
        'spend',
    ]) }}
{% endmacro %}
