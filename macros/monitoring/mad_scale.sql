{% macro mad_scale(residual, window) %}
{#-
    Scale of past residuals over `window` (none: of a group): their median absolute
    size times 1.4826, which makes it the standard deviation of normal ones; NULL for
    fewer than seven, and never below what makes the relative floor a full alarm.
-#}
    {{ return(
        'case when count(' ~ residual ~ ')' ~ (' over ' ~ window if window else '')
        ~ ' >= 7 then greatest('
        ~ '1.4826e0 * ' ~ rolling_quantile('abs(' ~ residual ~ ')', 0.5, window)
        ~ ', ' ~ scale_floor() ~ ') end'
    ) }}
{% endmacro %}
