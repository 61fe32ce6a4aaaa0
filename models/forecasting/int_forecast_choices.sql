-- One row per (series, grain, origin): the model that had erred least, in forecasts
-- whose periods had come by then. The final origin's choice is the one in use.
with

origins as (

    select
        series,
        grain,
        origin_index
    from {{ ref('int_forecast_origins') }}

),

paths as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        error
    from {{ ref('int_forecast_paths') }}

),

-- With nothing known, the combination is the safest, and naive the last resort.
preferences as (

    {%- for model in forecast_models() %}
    select
        '{{ model }}' as model,
        {{ loop.index }} as preference
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

offered as (

    select distinct
        series,
        grain,
        origin_index,
        model
    from paths

),

-- Models are compared on the same forecasts only: from origins where all were fitted.
breadths as (

    select
        series,
        grain,
        origin_index,
        count(*) as models
    from offered
    group by series, grain, origin_index

),

widest as (

    select
        series,
        grain,
        max(models) as models
    from breadths
    group by series, grain

),

errors as (

    select
        paths.series,
        paths.grain,
        paths.model,
        paths.origin_index + paths.step as known_from_index,
        abs(paths.error) as absolute_error
    from paths
    inner join breadths
        on
            paths.series = breadths.series
            and paths.grain = breadths.grain
            and paths.origin_index = breadths.origin_index
    inner join widest
        on
            breadths.series = widest.series
            and breadths.grain = widest.grain
            and breadths.models = widest.models
    where paths.error is not null

),

records as (

    select
        origins.series,
        origins.grain,
        origins.origin_index,
        errors.model,
        {{ stable_sum('errors.absolute_error') }} / count(*) as mean_absolute_error
    from origins
    inner join errors
        on
            origins.series = errors.series
            and origins.grain = errors.grain
            and origins.origin_index >= errors.known_from_index
    group by origins.series, origins.grain, origins.origin_index, errors.model

),

ranked as (

    select
        offered.series,
        offered.grain,
        offered.origin_index,
        offered.model,
        records.mean_absolute_error,
        row_number() over (
            partition by offered.series, offered.grain, offered.origin_index
            order by
                records.mean_absolute_error nulls last,
                preferences.preference
        ) as place
    from offered
    inner join preferences
        on offered.model = preferences.model
    left join records
        on
            offered.series = records.series
            and offered.grain = records.grain
            and offered.origin_index = records.origin_index
            and offered.model = records.model

),

chosen as (

    select
        series,
        grain,
        origin_index,
        model,
        mean_absolute_error
    from ranked
    where place = 1

)

select * from chosen
