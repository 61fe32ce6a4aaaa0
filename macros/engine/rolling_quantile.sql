{% macro rolling_quantile(expression, quantile, window) %}
{#-
    Quantile (0 to 1, interpolated) of `expression` over the rows of `window`
    (a window's name or its definition; none: of a group); NULLs are left out.
-#}
    {{ return(adapter.dispatch('rolling_quantile', 'insight_engine')(
        expression, quantile, window)) }}
{% endmacro %}

{% macro duckdb__rolling_quantile(expression, quantile, window) -%}
    quantile_cont({{ expression }}, {{ quantile }})
    {%- if not window %}{% elif ' ' in window %} over ({{ window }}){% else %} over {{ window }}{% endif %}
{%- endmacro %}

{% macro spark__rolling_quantile(expression, quantile, window) -%}
    percentile({{ expression }}, {{ quantile }})
    {%- if not window %}{% elif ' ' in window %} over ({{ window }}){% else %} over {{ window }}{% endif %}
{%- endmacro %}
