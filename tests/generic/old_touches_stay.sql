{% test old_touches_stay(model) %}
{#-
    Finds the conversions that were computed anew because touches older than
    late_arrival_days have changed: nothing is wrong with the numbers, but if it
    happens every day, late_arrival_days is too small.
-#}
select *
from {{ model }}
where reason = 'history changed'
{% endtest %}
