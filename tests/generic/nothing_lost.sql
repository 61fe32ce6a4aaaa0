{% test nothing_lost(model, raw_table) %}
{#-
    Every row of raw table `raw_table` is either in its staged table (`model`) or
    in quarantine, once.
-#}
with

counts as (

    select
        (select count(*) from {{ source('raw', raw_table) }}) as raw_rows,
        (select count(*) from {{ model }}) as staged_rows,
        (
            select count(*)
            from {{ ref('quarantined_rows') }}
            where table_name = '{{ raw_table }}'
        ) as quarantined_rows

)

select *
from counts
where raw_rows <> staged_rows + quarantined_rows

{% endtest %}
