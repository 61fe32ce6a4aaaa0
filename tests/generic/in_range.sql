{% test in_range(model, column_name, at_least=none, at_most=none) %}
{#-
    Every value lies within the bounds, both included; NULL is let through, NaN
    and infinity are not.
-#}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} is not null
    and not (
        {{ column_name }} >= {{ at_least if at_least is not none else '-1e300' }}
        and {{ column_name }} <= {{ at_most if at_most is not none else '1e300' }}
    )

{% endtest %}
