-- One row per (series, grain, origin): the model that had erred least, in forecasts
-- whose periods had come by then. The final origin's choice is the one in use.
--
-- Backtests that reach over fewer than three horizons are not compared: who erred least
-- in them was lucky, and the combination of all forecasts.
{%- set horizons_needed = 3 %}
with

origins as (

    select
        series,
        grain,
        origin_index,
        is_final,
        horizon
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

-- With too little known, or in a draw, the combination of all is the safest, and naive the
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
        origin_index,
        step,
        origin_index + step as known_from_index,
        actual,
        error
    from paths
    where error is not null

),

first_backtests as (

    select
        series,
        grain,
        min(origin_index) as first_index
    from errors
    group by series, grain

),

evidence as (

    select
        origins.series,
        origins.grain,
        origins.origin_index,
        origins.is_final,
        coalesce(
            origins.origin_index - first_backtests.first_index
            >= {{ horizons_needed }} * origins.horizon,
            false
        ) as is_compared
    from origins
    left join first_backtests
        on origins.series = first_backtests.series
        and origins.grain = first_backtests.grain

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
        evidence.is_final,
        evidence.is_compared,
        records.mean_wape,
        row_number() over (
            partition by offered.series, offered.grain, offered.origin_index
            order by
                -- Where candidates agree, their means differ by rounding alone.
                case when evidence.is_compared then round(records.mean_wape, 12) end
                nulls last,
                case when evidence.is_compared then round(records.absolute_error, 9) end
                nulls last,
                preferences.preference
        ) as place
    from offered
    inner join preferences
        on offered.model = preferences.model
    inner join evidence
        on offered.series = evidence.series
        and offered.grain = evidence.grain
        and offered.origin_index = evidence.origin_index
    left join records
        on offered.series = records.series
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
        is_final,
        is_compared,
        mean_wape
    from ranked
    where place = 1

)

select * from chosen
