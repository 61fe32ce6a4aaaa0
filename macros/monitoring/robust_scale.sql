{% macro robust_scale(cut_residual, window) %}
{#-
    Scale of past residuals over `window`, an estimate of the standard deviation of
    normal ones, from their absolute sizes cut at two coarse scales: the root of the
    mean square, over 0.9594, which is what it is for a standard normal cut at 2.
    With the same residuals it errs by two thirds of what their MAD does.
    Widened by 4 / n for the few residuals n it may rest on: so much further out the
    tail of Student's t lies at three deviations. NULL for fewer than seven; never below scale_floor().
-#}
    {%- set count = 'count(' ~ cut_residual ~ ') over ' ~ window -%}
    {{ return(
        'case when ' ~ count ~ ' >= 7 then greatest(sqrt('
        ~ stable_sum(cut_residual ~ ' * ' ~ cut_residual, over=window)
        ~ ' / ' ~ count ~ ') / 0.9594e0 * (1e0 + 4e0 / ' ~ count ~ '), '
        ~ scale_floor() ~ ') end'
    ) }}
{% endmacro %}
