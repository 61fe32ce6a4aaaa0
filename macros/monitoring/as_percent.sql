{% macro as_percent(expression) %}
{#- Text of a percentage (`expression`, in percent) without decimals, like 18 %. -#}
    {{ return("cast(cast(round(least(" ~ expression ~ ", 99999e0)) as bigint) as "
        ~ dbt.type_string() ~ ") || ' %'") }}
{% endmacro %}
