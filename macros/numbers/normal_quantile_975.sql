{% macro normal_quantile_975() %}
{#- The 97.5 % quantile of the standard normal: half a 95 % interval in errors. -#}
    {{ return(normal_quantiles()[95]) }}
{% endmacro %}
