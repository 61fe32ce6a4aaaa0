{% macro normal_quantiles() %}
{#-
    Standard deviations on either side of the mean that hold 80 and 95 % of normal
    values, as a dict level -> literal.
-#}
    {{ return({80: '1.2815515655446004e0', 95: '1.959963984540054e0'}) }}
{% endmacro %}
