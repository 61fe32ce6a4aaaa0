{% macro smape(forecast, actual) %}
{#-
    Symmetric mean absolute percentage error of a group of forecasts, a share from 0
    to 2: the mean of twice the absolute error over the sum of both sizes, 0 where
    both are 0. It charges 2 for any forecast of a period without revenue.
-#}
    {{ stable_sum(
        'case when ' ~ forecast ~ ' = ' ~ actual ~ ' then 0e0 else 2e0 * abs('
        ~ forecast ~ ' - ' ~ actual ~ ') / (abs(' ~ forecast ~ ') + abs(' ~ actual ~ ')) end'
    ) }}
            / count({{ actual }})
{%- endmacro %}
