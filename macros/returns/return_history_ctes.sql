{% macro return_history_ctes(name, column, orders='orders') %}
{#-
    CTEs daily_<name> and history_<name>: what the evenings before each day told of
    each value of `column` in the CTE `orders` (columns day_number, order_value,
    was_returned).  One row a value and day with an order; rows whose value is NULL
    are left out.

    Columns of history_<name>:
        value, day_number
        orders_before  its orders of earlier days
        known_orders   those whose return window was over on the evening before
        known_returns  how many of these came back
        value_before   mean value of the orders of earlier days; NULL without one
-#}
{%- set known = integer_setting('return_window_days') + 1 -%}
{%- set frame = 'partition by value order by day_number range between unbounded preceding and ' -%}
daily_{{ name }} as (

    select
        {{ column }} as value,
        day_number,
        count(*) as day_orders,
        count(was_returned) as day_outcomes,
        count(case when was_returned then 1 end) as day_returns,
        sum(cast(order_value as decimal(18, 2))) as day_value
    from {{ orders }}
    where {{ column }} is not null
    group by {{ column }}, day_number

),

history_{{ name }} as (

    select
        value,
        day_number,
        coalesce(sum(day_orders) over so_far, 0) as orders_before,
        coalesce(sum(day_outcomes) over so_far_known, 0) as known_orders,
        coalesce(sum(day_returns) over so_far_known, 0) as known_returns,
        cast(sum(day_value) over so_far as double) / sum(day_orders) over so_far as value_before
    from daily_{{ name }}
    window
        so_far as ({{ frame }}1 preceding),
        so_far_known as ({{ frame }}{{ known }} preceding)

)
{%- endmacro %}
