-- One row per (series, grain, model, origin, step): what each model said, and, where
-- the period has come, what happened. The combination is the median of the fitted.
with

origins as (

    select
        series,
        grain,
        origin_index,
        is_final,
        smallest_value,
        naive_scale,
        origin_date
    from {{ ref('int_forecast_origins') }}

),

series as (

    select
        series,
        grain,
        period_index,
        value
    from {{ ref('int_forecast_series') }}

),

fitted as (

    select
        series,
        grain,
        origin_index,
        step,
        candidate as model,
        forecast
    from {{ ref('ml_forecasts') }}

),

combined as (

    select
        series,
        grain,
        origin_index,
        step,
        'combination' as model,
        percentile_cont(0.5) within group (order by forecast) as forecast
    from fitted
    where model <> 'seasonal_naive'
    group by series, grain, origin_index, step

),

models as (

    select * from fitted
    union all
    select * from combined

),

compared as (

    select
        models.series,
        models.grain,
        models.model,
        models.origin_index,
        models.step,
        origins.is_final,
        models.forecast,
        series.value as actual,
        -- Above 0: forecast too high.
        models.forecast - series.value as error,
        origins.smallest_value,
        origins.naive_scale,
        origins.origin_date
    from models
    inner join origins
        on
            models.series = origins.series
            and models.grain = origins.grain
            and models.origin_index = origins.origin_index
    left join series
        on
            models.series = series.series
            and models.grain = series.grain
            and series.period_index = models.origin_index + models.step

)

select * from compared
