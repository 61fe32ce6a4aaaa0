{% macro column_profile(table_name, relation) %}
{#-
    One row per column of `relation`: how it is filled and spread, under the name
    `table_name`.  What each column of the result means stands at column_profiles.

    The relation is read once; sums of numbers are made of distances from the median,
    in units of the largest, so that large numbers keep their digits and the result
    does not depend on the order of rows.
-#}
{%- set columns = adapter.get_columns_in_relation(relation) if execute and relation is not none else [] -%}
{%- set numbers, booleans = [], [] -%}
{%- for column in columns -%}
    {%- set data_type = column.dtype | lower -%}
    {%- if column.is_number() or modules.re.match(
        '(u?(tiny|small|big|huge)?int(eger)?|decimal|numeric|double|float|real|long|short)', data_type) -%}
        {%- do numbers.append(column.name) -%}
    {%- elif data_type.startswith('bool') -%}
        {%- do booleans.append(column.name) -%}
    {%- endif -%}
{%- endfor %}
with

profiled as (

    select
        {%- for column in columns %}
        {%- set name = adapter.quote(column.name) %}
        {%- if column.dtype | lower in ['double', 'float', 'real'] %}
        -- Not a number is no value.
        case when {{ name }} <> cast('NaN' as double) then {{ name }} end as c{{ loop.index }},
        {%- else %}
        {{ name }} as c{{ loop.index }},
        {%- endif %}
        {%- endfor %}
        1 as one
    from {{ relation or '(select 1 as nothing) as nothing' }}

),

summary as (

    select
        {%- for column in columns %}
        {%- set c = 'c' ~ loop.index %}
        count({{ c }}) as {{ c }}_filled,
        count(distinct {{ c }}) as {{ c }}_distinct,
        cast(min({{ c }}) as string) as {{ c }}_min,
        cast(max({{ c }}) as string) as {{ c }}_max,
        {%- if column.name in numbers %}
        cast(min({{ c }}) as double) as {{ c }}_lowest,
        cast(max({{ c }}) as double) as {{ c }}_highest,
        {%- for percent in [25, 50, 75] %}
        percentile_cont({{ percent / 100 }}) within group (order by cast({{ c }} as double))
            as {{ c }}_p{{ percent }},
        {%- endfor %}
        {%- endif %}
        {%- if column.name in booleans %}
        avg(case when {{ c }} then 1e0 when not {{ c }} then 0e0 end) as {{ c }}_mean,
        {%- endif %}
        {%- endfor %}
        count(*) as row_count
    from profiled

),

bounds as (

    select
        {%- for column in columns if column.name in numbers %}
        {%- set c = 'c' ~ (columns.index(column) + 1) %}
        {%- set finite = 'greatest(abs(' ~ c ~ '_lowest), abs(' ~ c ~ '_highest)) <= 1e300' %}
        case when {{ finite }} then {{ c }}_p50 end as {{ c }}_middle,
        case
            when {{ finite }}
                then greatest({{ c }}_highest - {{ c }}_p50, {{ c }}_p50 - {{ c }}_lowest)
        end as {{ c }}_spread,
        {{ c }}_p25 - 1.5e0 * ({{ c }}_p75 - {{ c }}_p25) as {{ c }}_fence_low,
        {{ c }}_p75 + 1.5e0 * ({{ c }}_p75 - {{ c }}_p25) as {{ c }}_fence_high,
        {%- endfor %}
        row_count
    from summary

),

scaled as (

    select
        {%- for column in columns if column.name in numbers %}
        {%- set c = 'c' ~ (columns.index(column) + 1) %}
        case
            when bounds.{{ c }}_spread = 0 and profiled.{{ c }} is not null then 0e0
            when bounds.{{ c }}_spread > 0
                then (cast(profiled.{{ c }} as double) - bounds.{{ c }}_middle)
                    / bounds.{{ c }}_spread
        end as {{ c }}_z,
        case
            when cast(profiled.{{ c }} as double) < bounds.{{ c }}_fence_low
                or cast(profiled.{{ c }} as double) > bounds.{{ c }}_fence_high
                then 1
        end as {{ c }}_outlier,
        {%- endfor %}
        profiled.one
    from profiled
    cross join bounds

),

sums as (

    select
        {%- for column in columns if column.name in numbers %}
        {%- set c = 'c' ~ (columns.index(column) + 1) %}
        {{ stable_sum(c ~ '_z', decimals=28) }} as {{ c }}_sum_z,
        {{ stable_sum(c ~ '_z * ' ~ c ~ '_z', decimals=28) }} as {{ c }}_sum_z2,
        count({{ c }}_z) as {{ c }}_count,
        count({{ c }}_outlier) as {{ c }}_outliers,
        {%- endfor %}
        count(*) as row_count
    from scaled

),

{%- for column in columns %}
{%- set c = 'c' ~ loop.index %}

{{ c }}_frequent as (

    select
        {{ loop.index }} as column_number,
        cast({{ c }} as string) as value,
        count(*) as occurrences
    from profiled
    where {{ c }} is not null
    group by {{ c }}
    order by occurrences desc, value
    limit 5

),
{%- endfor %}

{%- if columns %}

frequent as (

    {%- for column in columns %}
    select column_number, value, occurrences from c{{ loop.index }}_frequent
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

numbered as (

    select
        column_number,
        value,
        occurrences,
        row_number() over (
            partition by column_number order by occurrences desc, value
        ) as place
    from frequent

),

top_values as (

    select
        column_number,
        {%- for place in range(1, 6) %}
        max(case when place = {{ place }} then value end) as value_{{ place }},
        max(case when place = {{ place }} then occurrences end) as occurrences_{{ place }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from numbered
    group by column_number

),
{%- endif %}

profiles as (

    {%- if columns %}
    {%- set facts = {
        'null_count': [], 'distinct_count': [], 'min_text': [], 'max_text': [], 'mean': [],
        'std_dev': [], 'p25': [], 'p50': [], 'p75': [], 'outlier_count': [],
    } %}
    {%- for column in columns %}
        {%- set c = 'c' ~ loop.index %}
        {%- set when = 'when ' ~ loop.index ~ ' then ' %}
        {%- do facts.null_count.append(when ~ 'summary.row_count - summary.' ~ c ~ '_filled') %}
        {%- do facts.distinct_count.append(when ~ 'summary.' ~ c ~ '_distinct') %}
        {%- do facts.min_text.append(when ~ 'summary.' ~ c ~ '_min') %}
        {%- do facts.max_text.append(when ~ 'summary.' ~ c ~ '_max') %}
        {%- if column.name in numbers %}
            {%- set n, z, z2 = 'sums.' ~ c ~ '_count', 'sums.' ~ c ~ '_sum_z', 'sums.' ~ c ~ '_sum_z2' %}
            {%- do facts.mean.append(when ~ 'bounds.' ~ c ~ '_middle + bounds.' ~ c ~ '_spread * ('
                ~ z ~ ' / nullif(' ~ n ~ ', 0))') %}
            {%- do facts.std_dev.append(when ~ 'bounds.' ~ c ~ '_spread * sqrt(greatest(' ~ z2
                ~ ' - ' ~ z ~ ' * ' ~ z ~ ' / nullif(' ~ n ~ ', 0), 0e0) / nullif(' ~ n ~ ' - 1, 0))') %}
            {%- for percent in ['p25', 'p50', 'p75'] %}
                {%- do facts[percent].append(when ~ 'case when bounds.' ~ c
                    ~ '_spread is not null then summary.' ~ c ~ '_' ~ percent ~ ' end') %}
            {%- endfor %}
            {%- do facts.outlier_count.append(when ~ 'case when bounds.' ~ c
                ~ '_spread is not null then sums.' ~ c ~ '_outliers end') %}
        {%- elif column.name in booleans %}
            {%- do facts.mean.append(when ~ 'summary.' ~ c ~ '_mean') %}
        {%- endif %}
    {%- endfor %}
    select
        '{{ table_name }}' as table_name,
        listed.column_name,
        listed.data_type,
        listed.column_number,
        summary.row_count,
        {%- for fact, branches in facts.items() %}
        {%- set type = 'string' if fact in ['min_text', 'max_text']
            else 'bigint' if fact in ['null_count', 'distinct_count', 'outlier_count']
            else 'double' %}
        {%- if branches %}
        case listed.column_number
            {%- for branch in branches %}
            {{ branch }}
            {%- endfor %}
        end as {{ fact }},
        {%- else %}
        cast(null as {{ type }}) as {{ fact }},
        {%- endif %}
        {%- endfor %}
        {%- for place in range(1, 6) %}
        top_values.value_{{ place }},
        top_values.occurrences_{{ place }}{{ ',' if not loop.last }}
        {%- endfor %}
    from summary
    cross join bounds
    cross join sums
    cross join (
        values
        {%- for column in columns %}
        ({{ loop.index }}, {{ text_literal(column.name) }}, '{{ data_type_name(column.dtype) }}')
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as listed (column_number, column_name, data_type)
    left join top_values
        on listed.column_number = top_values.column_number
    {%- else %}
    select
        cast(null as string) as table_name,
        cast(null as string) as column_name,
        cast(null as string) as data_type,
        0 as column_number,
        cast(null as bigint) as row_count,
        cast(null as bigint) as null_count,
        cast(null as bigint) as distinct_count,
        cast(null as string) as min_text,
        cast(null as string) as max_text,
        cast(null as double) as mean,
        cast(null as double) as std_dev,
        cast(null as double) as p25,
        cast(null as double) as p50,
        cast(null as double) as p75,
        cast(null as bigint) as outlier_count,
        {%- for place in range(1, 6) %}
        cast(null as string) as value_{{ place }},
        cast(null as bigint) as occurrences_{{ place }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif %}

)

select * from profiles
{%- endmacro %}
