-- One row per table and dimension of quality, with overall rows and rows of all tables.
{%- set weights = quality_weights() %}
{%- set days = timeliness_days() %}
with

tables as (

    select
        table_name,
        can_contradict,
        raw_rows,
        days_behind,
        newest_date,
        display_order
    from {{ ref('int_quality_tables') }}

),

findings as (

    select
        table_name,
        dimension,
        finding,
        row_count,
        row_number() over (
            partition by table_name, dimension
            order by row_count desc, finding asc
        ) as place
    from {{ ref('int_quality_findings') }}

),

dimensions as (

    {%- for dimension, weight in weights.items() %}
    select
        '{{ dimension }}' as dimension,
        cast({{ weight }} as double) as weight,
        {{ loop.index }} as dimension_order
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

totals as (

    select
        table_name,
        dimension,
        sum(row_count) as failed_rows,
        max(case when place = 1 then finding || ' ' || cast(row_count as string) end)
        || coalesce(
            ', ' || max(case when place = 2 then finding || ' ' || cast(row_count as string) end),
            ''
        )
        || coalesce(
            ', ' || max(case when place = 3 then finding || ' ' || cast(row_count as string) end),
            ''
        )
        || case when count(*) > 3 then ', and more' else '' end as findings_text
    from findings
    group by table_name, dimension

),

counted as (

    select
        tables.table_name,
        dimensions.dimension,
        dimensions.weight,
        tables.raw_rows,
        case
            when dimensions.dimension = 'timeliness' then cast(null as bigint)
            when dimensions.dimension = 'consistency' and not tables.can_contradict
                then cast(null as bigint)
            else cast(coalesce(totals.failed_rows, 0) as bigint)
        end as failed_rows,
        totals.findings_text,
        tables.days_behind,
        tables.newest_date,
        tables.display_order,
        dimensions.dimension_order
    from tables
    cross join dimensions
    left join totals
        on tables.table_name = totals.table_name
        and dimensions.dimension = totals.dimension

),

scored as (

    select
        table_name,
        dimension,
        case
            when raw_rows = 0 then cast(null as double)
            when dimension = 'timeliness' and days_behind is null
                then cast(null as double)
            when dimension = 'timeliness'
                then least(greatest(
                    ({{ days.stale }} - days_behind)
                    / cast({{ days.stale - days.fresh }} as double),
                    0e0
                ), 1e0)
            else 1 - failed_rows / cast(raw_rows as double)
        end as score,
        weight,
        case
            when raw_rows = 0 then 'no data'
            when dimension = 'timeliness' and newest_date is null
                then 'no row has a time that can be read'
            when dimension = 'timeliness'
                then
                    'newest row of ' || cast(newest_date as string) || ', '
                    || cast(cast(days_behind as bigint) as string) || ' days before as_of'
            when failed_rows is null then 'nothing to hold it against'
            when failed_rows = 0 then 'none of ' || cast(raw_rows as string) || ' raw rows'
            else
                cast(failed_rows as string) || ' of ' || cast(raw_rows as string)
                || ' raw rows: ' || findings_text
        end as detail,
        raw_rows,
        failed_rows,
        display_order,
        dimension_order
    from counted

),

-- Every table that was given counts alike, large or small.
across_tables as (

    select
        'all_tables' as table_name,
        dimension,
        {{ stable_sum('score') }} / nullif(count(score), 0) as score,
        weight,
        case
            when count(score) = 0 then 'no data'
            else 'mean of ' || cast(count(score) as string) || ' tables'
        end as detail,
        cast(sum(raw_rows) as bigint) as raw_rows,
        cast(sum(failed_rows) as bigint) as failed_rows,
        99 as display_order,
        dimension_order
    from scored
    group by dimension, weight, dimension_order

),

all_scores as (

    select * from scored
    union all
    select * from across_tables

),

-- Dimensions without a score leave their weight to the others.
overall as (

    select
        table_name,
        'overall' as dimension,
        {{ stable_sum('score * weight') }}
        / nullif({{ stable_sum('case when score is not null then weight end') }}, 0e0) as score,
        1e0 as weight,
        case
            when count(score) = 0 then 'no data'
            else 'weighted mean of ' || cast(count(score) as string) || ' dimensions'
        end as detail,
        max(raw_rows) as raw_rows,
        cast(sum(failed_rows) as bigint) as failed_rows,
        display_order,
        99 as dimension_order
    from all_scores
    group by table_name, display_order

),

final_scores as (

    select * from all_scores
    union all
    select * from overall

)

select * from final_scores
