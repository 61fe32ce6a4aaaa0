-- One row per path: how many conversions took exactly these channels in this
-- order, what they brought and how long they took.
with

-- A path of one touch, or of none, is its channel. Short and long paths each read the
-- credits: one reading for both would pass on every row twice.
short_paths as (

    select
        {{ path_step('channel') }} as path,
        path_length,
        conversion_value,
        age_days as days_to_convert
    from {{ ref('touchpoint_credits') }}
    where path_length <= 1

),

long_paths as (

    select
        conversion_id,
        {{ text_path('channel', 'touch_position') }} as path,
        max(path_length) as path_length,
        max(conversion_value) as conversion_value,
        max(age_days) as days_to_convert
    from {{ ref('touchpoint_credits') }}
    where path_length > 1
    group by conversion_id

),

paths as (

    select
        path,
        path_length,
        conversion_value,
        days_to_convert
    from short_paths
    union all
    select
        path,
        path_length,
        conversion_value,
        days_to_convert
    from long_paths

),

counted as (

    select
        path,
        path_length,
        count(*) as conversions,
        cast(sum(conversion_value) as double) as revenue,
        {{ stable_sum('days_to_convert') }} / count(days_to_convert) as avg_days_to_convert
    from paths
    group by path, path_length

)

select * from counted
