{% macro last_known(expression, window) %}
{#-
    The last value of `expression` that is not NULL over the rows of `window` (a
    window's name or its definition).
-#}
    {{ return(adapter.dispatch('last_known', 'insight_engine')(expression, window)) }}
{% endmacro %}

{% macro duckdb__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over
    {%- if ' ' in window %} ({{ window }}){% else %} {{ window }}{% endif %}
{%- endmacro %}

{% macro spark__last_known(expression, window) -%}
    last_value({{ expression }}) ignore nulls over
    {%- if ' ' in window %} ({{ window }}){% else %} {{ window }}{% endif %}
{%- endmacro %}
