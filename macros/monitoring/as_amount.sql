{% macro as_amount(expression, unit) %}
{#-
    Text of a number as a reader knows it, by its unit (an expression): usd with the
    sign of money, cents below a thousand; share as a percentage with one decimal;
    count whole, with one decimal below a hundred where it has any; else (ratio) with
    two decimals.  NULL for NULL.
-#}
    {{ return(
        "case when " ~ expression ~ " < 0 then '-' else '' end || case"
        ~ " when " ~ unit ~ " = 'usd' then '$' || case when abs(" ~ expression ~ ") >= 999.995e0"
        ~ " then " ~ grouped_number(expression, 0) ~ " else " ~ grouped_number(expression, 2) ~ " end"
        ~ " when " ~ unit ~ " = 'share' then " ~ grouped_number('100 * ' ~ expression, 1) ~ " || ' %'"
        ~ " when " ~ unit ~ " = 'count' then case when abs(" ~ expression ~ ") >= 99.95e0 or "
        ~ expression ~ " = round(" ~ expression ~ ") then " ~ grouped_number(expression, 0)
        ~ " else " ~ grouped_number(expression, 1) ~ " end"
        ~ " else " ~ grouped_number(expression, 2) ~ " end"
    ) }}
{% endmacro %}
