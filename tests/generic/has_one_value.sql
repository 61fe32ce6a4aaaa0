{% test has_one_value(model, column) %}
{#- Fails when `column` differs between rows, with the values it has. -#}
with

found as (

    select
        {{ column }},
        count(*) as occurrences
    from {{ model }}
    group by {{ column }}

)

select *
from found
where (select count(*) from found) > 1

{% endtest %}
