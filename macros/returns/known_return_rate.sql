{% macro known_return_rate(history, base='history_all') %}
{#-
    The return rate of a value as known the evening before: its known outcomes, and
    20 more orders at the rate of all that were known then, so that few orders say
    little.  NULL where nothing was known of any order.

    Arguments:
        history, base: CTEs of return_history_ctes, of the value and of all orders.
-#}
{%- set weight = '20e0' -%}
    {{ return(
        '(coalesce(' ~ history ~ '.known_returns, 0) + ' ~ weight ~ ' * ' ~ base
        ~ '.known_returns / nullif(' ~ base ~ '.known_orders, 0)) / (coalesce('
        ~ history ~ '.known_orders, 0) + ' ~ weight ~ ')'
    ) }}
{% endmacro %}
