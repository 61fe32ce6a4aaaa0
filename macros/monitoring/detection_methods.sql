{% macro detection_methods() %}
{#-
    Names of the methods side by side, in the order in which detected_by lists
    them: the four that vote on a point, then the two that need no vote.
-#}
    {{ return([
        'zscore', 'iqr', 'isolation_forest', 'lof', 'cusum', 'large_change']) }}
{% endmacro %}
