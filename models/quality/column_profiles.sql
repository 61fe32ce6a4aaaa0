-- One row per column of every staged table: how it is filled and spread.
with

profiles as (

    {%- for table_name in staged_tables() + ['other_tables'] %}
    select * from {{ ref('int_profile_' ~ table_name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

described as (

    select
        table_name,
        column_name,
        cast(column_number as integer) as column_number,
        data_type,
        row_count as rows,
        null_count as nulls,
        distinct_count as distinct_values,
        min_text as min,
        max_text as max,
        mean,
        std_dev,
        p25,
        p50,
        p75,
        case
            when value_1 is not null
                then
                    '['
                    {%- for place in range(1, 6) %}
                    || coalesce(
                        '{{ ', ' if place > 1 }}{"value": '
                        || {{ json_text('value_' ~ place) }}
                        || ', "rows": ' || cast(occurrences_{{ place }} as string) || '}',
                        ''
                    )
                    {%- endfor %}
                    || ']'
        end as top_values,
        outlier_count as outliers
    from profiles

)

select * from described
