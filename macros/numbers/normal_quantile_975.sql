{% macro normal_quantile_975() %}
{#- The 97.5 % quantile of the standard normal: half a 95 % interval in errors. -#}
    {{ return('1.959963984540054e0') }}
{% endmacro %}
