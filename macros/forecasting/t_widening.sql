{% macro t_widening(level, degrees_of_freedom) %}
{#-
    By how much the `level` % interval of a t distribution with so many degrees of
    freedom (an expression of at least 1) is wider than that of a normal one: a factor
    above 1.  The expansion of Fisher and Cornish (1960) to the third order, 0.3 % below
    the exact factor at 4 degrees of freedom, 4 % at 2, more below.
-#}
    {%- set z = '(' ~ normal_quantiles()[level] ~ ')' -%}
    {%- set squared = '(' ~ z ~ ' * ' ~ z ~ ')' -%}
    {%- set nu = '(' ~ degrees_of_freedom ~ ')' -%}
    (
        1e0
        + ({{ squared }} + 1e0) / (4e0 * {{ nu }})
        + ((5e0 * {{ squared }} + 16e0) * {{ squared }} + 3e0)
        / (96e0 * {{ nu }} * {{ nu }})
        + (((3e0 * {{ squared }} + 19e0) * {{ squared }} + 17e0) * {{ squared }} - 15e0)
        / (384e0 * {{ nu }} * {{ nu }} * {{ nu }})
    )
{%- endmacro %}
