{% macro grouped_number(expression, decimals) %}
{#-
    Text of the size of `expression` (a number; its sign is left out), rounded half up
    to so many decimals, with commas between thousands: 1,234,567.89.
-#}
    {%- set rounded = 'cast(round(cast(abs(' ~ expression ~ ') as decimal(32, 6)), '
        ~ decimals ~ ') as double)' -%}
    {{ return(adapter.dispatch('grouped_number', 'insight_engine')(rounded, decimals)) }}
{% endmacro %}

{% macro duckdb__grouped_number(rounded, decimals) -%}
    format('{:,.{{ decimals }}f}', {{ rounded }})
{%- endmacro %}

{% macro spark__grouped_number(rounded, decimals) -%}
    format_number({{ rounded }}, {{ decimals }})
{%- endmacro %}
