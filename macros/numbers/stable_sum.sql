{% macro stable_sum(expression, over=none, decimals=15, digits=38) %}
{#-
    Sum of doubles that is the same whatever the order of the rows or the number
    of threads: each value is rounded to `decimals` places first, and decimals
    add up exactly.  Sums must stay below 10^(38 - decimals).  Returns a double,
    NULL where there are only NULLs.
    `digits`: of the decimals that are added. With 18, which is faster, no single value
    may reach 10^(18 - decimals): enough for shares and credits. A greater one is an
    error, not a wrong sum.
    `over`: a window (its name, or its definition), for a window function.
-#}
    {%- if over -%}
        {%- set window = ' over ' ~ (over if ' ' not in over else '(' ~ over ~ ')') -%}
    {%- endif -%}
    {{ return(
        'cast(sum(cast(' ~ expression ~ ' as decimal(' ~ digits ~ ', ' ~ decimals ~ ')))'
        ~ (window if over else '') ~ ' as double)'
    ) }}
{% endmacro %}
