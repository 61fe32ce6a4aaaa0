{% test quarantine_share(model, raw_table, at_most) %}
{#-
    At most the share `at_most` of the rows of raw table `raw_table` did not make
    it into its staged table (`model`).  What they were is in quarantined_rows.
-#}
with

counts as (

    select
        (select count(*) from {{ source('raw', raw_table) }}) as raw_rows,
        (select count(*) from {{ model }}) as staged_rows

)

select
    '{{ raw_table }}' as raw_table,
    raw_rows,
    raw_rows - staged_rows as quarantined_rows,
    {{ at_most }} as allowed_share
from counts
where raw_rows - staged_rows > {{ at_most }} * raw_rows

{% endtest %}
