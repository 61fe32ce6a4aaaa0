{% macro robust_scale(cut_residual, cut_at, window) %}
{#-
    Scale of past residuals over `window` (none: of a group), an estimate of the
    standard deviation of normal ones, from their absolute sizes cut at `cut_at` (2 or
    2.5) coarser scales: the root of the mean square, over what that is for a standard
    normal cut there.
    With the same residuals it errs by two thirds of what their MAD does.
    NULL for fewer than seven; never below scale_floor().
-#}
    {%- set count = 'count(' ~ cut_residual ~ ')' ~ (' over ' ~ window if window else '') -%}
    {{ return(
        'case when ' ~ count ~ ' >= 7 then greatest(sqrt('
        ~ stable_sum(cut_residual ~ ' * ' ~ cut_residual, over=window)
        ~ ' / ' ~ count ~ ') / ' ~ {2: '0.9594e0', 2.5: '0.9887e0'}[cut_at] ~ ', '
        ~ scale_floor() ~ ') end'
    ) }}
{% endmacro %}
