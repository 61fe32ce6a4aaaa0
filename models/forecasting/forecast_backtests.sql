-- One row per (series, grain, origin_date, horizon): what would have been forecast,
-- with what was known then, beside what happened.
with

issued as (

    select *
    from {{ ref('int_forecasts_issued') }}
    where not is_final and actual is not null

),

backtests as (

    select
        series,
        grain,
        origin_date,
        step as horizon,
        series_level,
        model,
        interval_basis,
        is_closed,
        forecast,
        lower_80,
        upper_80,
        lower_95,
        upper_95,
        actual,
        period_start
    from issued

)

select * from backtests
