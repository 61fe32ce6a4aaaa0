{% macro period_after(period_start, grain, periods) %}
{#-
    First day (date) of the period that comes `periods` (an integer expression)
    after the one that starts on `period_start`, at the `grain` (an expression)
    day, week or month.
-#}
    cast(
        case {{ grain }}
            when 'day' then {{ period_start }} + {{ periods }} * interval '1' day
            when 'week' then {{ period_start }} + 7 * {{ periods }} * interval '1' day
            when 'month' then {{ period_start }} + {{ periods }} * interval '1' month
        end as date
    )
{%- endmacro %}
