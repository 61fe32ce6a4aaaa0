-- One row per (series, grain, origin): the model that had erred least, in forecasts
-- whose periods had come by then. The final origin's choice is the one in use.
with

origins as (

    select
        series,
        grain,
        origin_index,
        is_final
    from {{ ref('int_forecast_origins') }}

),

paths as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        actual,
        error
    from {{ ref('int_forecast_paths') }}

),

-- With nothing known, or in a draw, the combination of all is the safest, and naive the
-- last resort.
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

errors as (

    select
        series,
        grain,
        model,
        step,
        origin_index + step as known_from_index,
        actual,
        error
    from paths
    where error is not null

),

-- As forecast_accuracy has it: by step ahead.
step_records as (

    select
        origins.series,
        origins.grain,
        origins.origin_index,
        errors.model,
        errors.step,
        {{ wape('errors.error', 'errors.actual') }} as wape,
        {{ stable_sum('abs(errors.error)') }} as absolute_error
    from origins
    inner join errors
        on origins.series = errors.series
        and origins.grain = errors.grain
        and origins.origin_index >= errors.known_from_index
    group by
        origins.series,
        origins.grain,
        origins.origin_index,
        errors.model,
        errors.step

),

records as (

    select
        series,
        grain,
        origin_index,
        model,
        {{ stable_sum('wape') }} / count(wape) as mean_wape,
        {{ stable_sum('absolute_error') }} as absolute_error
    from step_records
    group by series, grain, origin_index, model

),

ranked as (

    select
        offered.series,
        offered.grain,
        offered.origin_index,
        offered.model,
        records.mean_wape,
        row_number() over (
            partition by offered.series, offered.grain, offered.origin_index
            order by
                -- Where candidates agree, their means differ by rounding alone.
                round(records.mean_wape, 12) nulls last,
                round(records.absolute_error, 9) nulls last,
                preferences.preference
        ) as place
    from offered
    inner join preferences
        on offered.model = preferences.model
    left join records
        on offered.series = records.series
        and offered.grain = records.grain
        and offered.origin_index = records.origin_index
        and offered.model = records.model

),

chosen as (

    select
        ranked.series,
        ranked.grain,
        ranked.origin_index,
        ranked.model,
        origins.is_final,
        ranked.mean_wape
    from ranked
    inner join origins
        on ranked.series = origins.series
        and ranked.grain = origins.grain
        and ranked.origin_index = origins.origin_index
    where ranked.place = 1

)

select * from chosen
