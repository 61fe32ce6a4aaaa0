{% macro sound_rows(table_name) %}
{#-
    The rows of base_<table_name> that go on: sound, and each key once.
-#}
{%- set columns = staged_columns(table_name) %}
with

sound as (

    select
        row_key,
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('base_' ~ table_name) }}
    where defect is null

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
        sound.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sound
    left join repeated_keys
        on sound.row_key = repeated_keys.row_key
    where repeated_keys.row_key is null

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
