-- One row per (series, grain, model, horizon): how far off each model has been, in
-- forecasts from earlier origins that knew nothing later. Where backtests are too few
-- to compare models, there is only the one in use.
with

paths as (

    select *
    from {{ ref('int_forecast_paths') }}
    where error is not null

),

spreads as (

    select *
    from {{ ref('int_forecast_spreads') }}

),

choices as (

    select
        series,
        grain,
        model,
        is_compared
    from {{ ref('int_forecast_choices') }}
    where is_final

),

judged as (

    select
        paths.series,
        paths.grain,
        paths.model,
        paths.step,
        paths.forecast,
        paths.actual,
        paths.error,
        {%- for level in [80, 95] %}
        case
            when spreads.spread_{{ level }} is null then null
            when abs(paths.error) <= spreads.spread_{{ level }} * paths.unit then 1e0
            else 0e0
        end as is_inside_{{ level }},
        {%- endfor %}
        paths.naive_scale,
        paths.model = choices.model as is_selected
    from paths
    inner join choices
        on paths.series = choices.series
        and paths.grain = choices.grain
        and (choices.is_compared or paths.model = choices.model)
    left join spreads
        on paths.series = spreads.series
        and paths.grain = spreads.grain
        and paths.model = spreads.model
        and paths.origin_index = spreads.origin_index
        and paths.step = spreads.step

),

measured as (

    select
        series,
        grain,
        model,
        step as horizon,
        is_selected,
        count(*) as backtests,
        {{ stable_sum('abs(error)') }} / count(*) as mean_absolute_error,
        {{ wape('error', 'actual') }} as wape,
        {{ smape('forecast', 'actual') }} as smape,
        {{ mase('error', 'naive_scale') }} as mase,
        {{ forecast_bias('error', 'actual') }} as bias,
        avg(is_inside_80) as coverage_80,
        avg(is_inside_95) as coverage_95
    from judged
    group by series, grain, model, step, is_selected

)

select * from measured
