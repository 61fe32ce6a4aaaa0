-- One row per (series, grain, model, horizon): how far off each model has been, in
-- forecasts from earlier origins that knew nothing later.
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
        model
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
        paths.naive_scale
    from paths
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
        count(*) as backtests,
        {{ stable_sum('abs(error)') }} / count(*) as mean_absolute_error,
        {{ wape('error', 'actual') }} as wape,
        {{ smape('forecast', 'actual') }} as smape,
        {{ mase('error', 'naive_scale') }} as mase,
        {{ forecast_bias('error', 'actual') }} as bias,
        avg(is_inside_80) as coverage_80,
        avg(is_inside_95) as coverage_95
    from judged
    group by series, grain, model, step

),

compared as (

    select
        measured.series,
        measured.grain,
        measured.model,
        measured.horizon,
        choices.model is not null as is_selected,
        measured.backtests,
        measured.mean_absolute_error,
        measured.wape,
        measured.smape,
        measured.mase,
        measured.bias,
        measured.coverage_80,
        measured.coverage_95
    from measured
    left join choices
        on measured.series = choices.series
        and measured.grain = choices.grain
        and measured.model = choices.model

)

select * from compared
