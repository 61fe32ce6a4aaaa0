{% macro repeated_rows(table_name, order_by=[]) %}
{#-
    The sound rows of base_<table_name> whose row_key stands more than once,
    numbered: occurrence 1 goes on, the others are quarantined.

    Arguments:
        order_by: which row comes first; the columns in their order break ties,
            so the choice never depends on the order of the input.
    Few rows as a rule: repeated hashes of keys are found first, and only rows whose
    hash repeats are looked at, which rows of a repeated key always are. Keys that merely
    share a hash are told apart then.
-#}
{%- set columns = staged_columns(table_name) %}
with

repeated_hashes as (

    {{ repeated_numbers(
        ref('base_' ~ table_name), key_hash('row_key'), where='row_key is not null'
    ) | indent(4) }}

),

suspects as (

    select
        base_rows.row_key,
        {%- for column in columns %}
        base_rows.{{ column }},
        {%- endfor %}
        base_rows.source_file,
        base_rows.defect,
        count(*) over (partition by base_rows.row_key) as key_rows
    from {{ ref('base_' ~ table_name) }} as base_rows
    inner join repeated_hashes
        on {{ key_hash('base_rows.row_key') }} = repeated_hashes.repeated_number
    where base_rows.row_key is not null

),

repeated as (

    select
        row_key,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        source_file,
        row_number() over (
            partition by row_key
            order by
                {%- for term in order_by %}
                {{ term }},
                {%- endfor %}
                {%- for column in columns %}
                {{ column }} nulls last,
                {%- endfor %}
                source_file
        ) as occurrence
    from suspects
    where
        defect is null
        and key_rows > 1

)

select * from repeated
{%- endmacro %}
