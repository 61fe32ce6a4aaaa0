{% macro repeated_rows(table_name, order_by=[]) %}
{#-
    The sound rows of base_<table_name> whose row_key stands more than once,
    numbered: occurrence 1 goes on, the others are quarantined.

    Arguments:
        order_by: which row comes first; the columns in their order break ties,
            so the choice never depends on the order of the input.
    Few rows as a rule: keys are counted first, and only rows with a key that
    repeats are ever sorted.
-#}
{%- set columns = staged_columns(table_name) %}
with

keys as (

    select row_key
    from {{ ref('base_' ~ table_name) }}
    where row_key is not null
    group by row_key
    having count(*) > 1

),

sound as (

    select
        row_key,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        source_file
    from {{ ref('base_' ~ table_name) }}
    where defect is null

),

repeated as (

    select
        sound.*,
        row_number() over (
            partition by sound.row_key
            order by
                {%- for term in order_by %}
                sound.{{ term }},
                {%- endfor %}
                {%- for column in columns %}
                sound.{{ column }} nulls last,
                {%- endfor %}
                sound.source_file
        ) as occurrence
    from sound
    inner join keys
        on sound.row_key = keys.row_key

)

select * from repeated
{%- endmacro %}
