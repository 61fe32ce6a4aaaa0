{% macro wape(error, actual) %}
{#-
    Weighted absolute percentage error of a group of forecasts: the sum of absolute
    errors over the sum of absolute actual values, a share (0.1 is 10 %). NULL where
    nothing happened.
-#}
    {{ stable_sum('abs(' ~ error ~ ')') }}
            / nullif({{ stable_sum('abs(' ~ actual ~ ')') }}, 0e0)
{%- endmacro %}
