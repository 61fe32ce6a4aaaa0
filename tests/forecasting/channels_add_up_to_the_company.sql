-- What channels are forecast is what the company is, in every period, now and in
-- backtests. Bounds of intervals do not add up, and need not.
with

forecasts as (

    select
        series_level,
        grain,
        origin_date,
        horizon,
        forecast
    from {{ ref('forecasts') }}
    union all
    select
        series_level,
        grain,
        origin_date,
        horizon,
        forecast
    from {{ ref('forecast_backtests') }}

),

totals as (

    select
        grain,
        origin_date,
        horizon,
        sum(case when series_level = 'company' then forecast end) as company_forecast,
        sum(case when series_level = 'channel' then forecast end) as channel_forecasts
    from forecasts
    group by grain, origin_date, horizon

)

select *
from totals
where
    channel_forecasts is not null
    and (
        company_forecast is null
        or abs(company_forecast - channel_forecasts)
        > 1e-9 * greatest(1e0, abs(company_forecast))
    )
