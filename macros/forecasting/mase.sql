{% macro mase(error, naive_scale) %}
{#-
    Mean absolute scaled error of a group of forecasts: the mean of absolute errors,
    each over the mean absolute error that the seasonal naive forecast had made one
    step ahead by its origin. Below 1: better than that. NULL where the seasonal
    naive forecast had never erred.
-#}
    {{ stable_sum('abs(' ~ error ~ ') / nullif(' ~ naive_scale ~ ', 0e0)') }}
            / nullif(count({{ error }} / nullif({{ naive_scale }}, 0e0)), 0)
{%- endmacro %}
