{% macro sound_rows(table_name) %}
{#-
    The rows of base_<table_name> that go on: sound, and each key once.
-#}
{%- set columns = staged_columns(table_name) %}
with

base_rows as (

    select
        row_key,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        defect
    from {{ ref('base_' ~ table_name) }}

),

repeated as (

    select
        row_key,
        occurrence,
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('base_' ~ table_name ~ '_repeated') }}

),

repeated_keys as (

    select distinct row_key
    from repeated

),

standing as (

    select
        {%- for column in columns %}
        base_rows.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from base_rows
    left join repeated_keys
        on base_rows.row_key = repeated_keys.row_key
    -- Not two conditions: with each the planner expects fewer rows, and in the end
    -- takes ten million touches for fewer than their conversions.
    where coalesce(base_rows.defect, repeated_keys.row_key) is null

    union all

    select
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from repeated
    where occurrence = 1

)

select * from standing
{%- endmacro %}
