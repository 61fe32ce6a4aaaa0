-- One row per (series, grain, period_start): what revenue is expected to be.
with

issued as (

    select *
    from {{ ref('int_forecasts_issued') }}
    where is_final

),

forecasts as (

    select
        series,
        grain,
        period_start,
        series_level,
        model,
        interval_basis,
        step as horizon,
        forecast,
        lower_80,
        upper_80,
        lower_95,
        upper_95,
        origin_date
    from issued

)

select * from forecasts
