{% macro stable_sum(expression, over=none, decimals=15) %}
{#-
    Sum of doubles that is the same whatever the order of the rows or the number
    of threads: each value is rounded to `decimals` places first, and decimals
    add up exactly.  Sums must stay below 10^(38 - decimals).  Returns a double,
    NULL where there are only NULLs.
    `over`: a window (its name, or its definition), for a window function.
-#}
    {%- if over -%}
        {%- set window = ' over ' ~ (over if ' ' not in over else '(' ~ over ~ ')') -%}
    {%- endif -%}
    {{ return(
        'cast(sum(cast(' ~ expression ~ ' as decimal(38, ' ~ decimals ~ ')))'
        ~ (window if over else '') ~ ' as double)'
    ) }}
{% endmacro %}
