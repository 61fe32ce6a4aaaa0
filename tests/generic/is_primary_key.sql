{% test is_primary_key(model, columns) %}
{#-
    `columns` together identify a row: fails for each key that stands twice and
    for each row with a NULL in the key.
-#}
with

keys as (

    select
        {{ columns | join(', ') }},
        count(*) as occurrences
    from {{ model }}
    group by {{ columns | join(', ') }}

)

select *
from keys
where
    occurrences > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
