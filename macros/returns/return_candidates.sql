{% macro return_candidates() %}
{#- The candidates of the return model, the one to prefer among equals first. -#}
    {{ return(['gradient_boosting', 'logistic_regression', 'blend', 'base_rate']) }}
{% endmacro %}
