{% macro forecast_bias(error, actual) %}
{#-
    Bias of a group of forecasts: the sum of errors (forecast less actual) over the
    sum of absolute actual values, a share; above 0 forecasts were too high. NULL
    where nothing happened.
-#}
    {{ stable_sum(error) }}
            / nullif({{ stable_sum('abs(' ~ actual ~ ')') }}, 0e0)
{%- endmacro %}
