{% macro stable_sum(expression, over=none) %}
{#-
    Sum of doubles that is the same whatever the order of the rows or the number
    of threads: each value is rounded to 15 decimals first, and decimals add up
    exactly.  Sums must stay below 1e23.  Returns a double; 0 where a group has
    only NULLs is NULL, as with sum().
    `over`: a window, for the sum as a window function.
-#}
    {{ return(
        'cast(sum(cast(' ~ expression ~ ' as decimal(38, 15)))'
        ~ (' over (' ~ over ~ ')' if over else '') ~ ' as double)'
    ) }}
{% endmacro %}
