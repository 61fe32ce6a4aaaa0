{% macro forecast_models() %}
{#-
    Names of the forecast models, the one to prefer first where nothing tells them
    apart: means of many candidates before those of few, and the naive one last.
-#}
    {{ return(forecast_combinations().keys() | list + [
        'ets',
        'damped_holt_winters',
        'theta',
        'sarimax',
        'seasonal_naive',
    ]) }}
{% endmacro %}
