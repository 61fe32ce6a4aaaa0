-- One row per raw row that was kept out, with the reason and what it held.
with

defective as (

    {%- for table_name in raw_contract() %}
    select
        '{{ table_name }}' as table_name,
        source_file,
        defect as reason,
        raw_row
    from {{ ref('base_' ~ table_name) }}
    where defect is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

duplicates as (

    {%- for table_name, key in duplicate_keys().items() %}
    select
        '{{ table_name }}' as table_name,
        source_file,
        'duplicate {{ key }}' as reason,
        -- It could be read, so its values stand for what it held.
        {{ row_as_json(staged_columns(table_name)) }} as raw_row
    from {{ ref('base_' ~ table_name ~ '_repeated') }}
    where occurrence > 1
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

rejected as (

    select * from defective
    union all
    select * from duplicates

),

numbered as (

    select
        table_name,
        -- Numbered by content, so that the order of the input does not matter.
        row_number() over (
            partition by table_name
            order by reason, raw_row, source_file
        ) as row_number,
        source_file,
        reason,
        raw_row
    from rejected

)

select * from numbered
