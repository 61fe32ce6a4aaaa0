{% macro forecast_models() %}
{#-
    Names of the forecast models, the one to prefer first where nothing tells them
    apart.  The combination is the median of the fitted ones.
-#}
    {{ return([
        'combination',
        'ets',
        'damped_holt_winters',
        'theta',
        'sarimax',
        'seasonal_naive',
    ]) }}
{% endmacro %}
