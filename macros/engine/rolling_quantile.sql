{% macro rolling_quantile(expression, quantile, window) %}
{#-
    Quantile (0 to 1, interpolated) of `expression` over the rows of `window`
    (a window's name or its definition); NULLs are left out.
-#}
    {{ return(adapter.dispatch('rolling_quantile', 'insight_engine')(
        expression, quantile, window)) }}
{% endmacro %}

{% macro duckdb__rolling_quantile(expression, quantile, window) -%}
    quantile_cont({{ expression }}, {{ quantile }}) over
    {%- if ' ' in window %} ({{ window }}){% else %} {{ window }}{% endif %}
{%- endmacro %}

{% macro spark__rolling_quantile(expression, quantile, window) -%}
    percentile({{ expression }}, {{ quantile }}) over
    {%- if ' ' in window %} ({{ window }}){% else %} {{ window }}{% endif %}
{%- endmacro %}
