{% macro churn_candidates() %}
{#- The candidates of the churn model, the one to prefer among equals first. -#}
    {{ return(['gradient_boosting', 'logistic_regression', 'base_rate']) }}
{% endmacro %}
