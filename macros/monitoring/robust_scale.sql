{% macro robust_scale(residual, window) %}
{#-
    Scale of past residuals over `window`, an estimate of the standard deviation of
    normal ones: the mean of their median absolute size and its 70 % and 80 %
    quantiles, each over what a standard normal has there (0.6745 is 1 / 1.4826,
    the constant of the MAD).  The three together err a quarter less than the
    median alone, and a tenth of wild values moves them little.
    Widened by 3 / n for the few residuals n it may rest on; NULL for fewer than
    seven; never below scale_floor().
-#}
    {%- set size = 'abs(' ~ residual ~ ')' -%}
    {%- set count = 'count(' ~ residual ~ ') over ' ~ window -%}
    {{ return(
        'case when ' ~ count ~ ' >= 7 then greatest(('
        ~ rolling_quantile(size, 0.5, window) ~ ' / 0.6745e0 + '
        ~ rolling_quantile(size, 0.7, window) ~ ' / 1.0364e0 + '
        ~ rolling_quantile(size, 0.8, window) ~ ' / 1.2816e0) / 3e0'
        ~ ' * (1e0 + 3e0 / ' ~ count ~ '), ' ~ scale_floor() ~ ') end'
    ) }}
{% endmacro %}
