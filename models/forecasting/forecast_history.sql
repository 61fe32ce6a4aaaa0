-- One row per (series, grain, period_start): the history that forecasts learn from.
with

series as (

    select
        series,
        grain,
        period_start,
        series_level,
        value
    from {{ ref('int_forecast_series') }}

)

select * from series
