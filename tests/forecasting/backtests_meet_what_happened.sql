-- What a backtest is compared with is the history of that very period, which came
-- after its origin.
with

backtests as (

    select
        series,
        grain,
        horizon,
        actual,
        period_start,
        origin_date
    from {{ ref('forecast_backtests') }}

),

history as (

    select
        series,
        grain,
        period_start,
        value
    from {{ ref('forecast_history') }}

)

select
    backtests.series,
    backtests.grain,
    backtests.horizon,
    backtests.actual,
    history.value,
    backtests.period_start,
    backtests.origin_date
from backtests
left join history
    on backtests.series = history.series
    and backtests.grain = history.grain
    and backtests.period_start = history.period_start
where
    history.value is null
    or history.value <> backtests.actual
    or backtests.period_start <> {{ period_after(
        "cast(backtests.origin_date + interval '1' day as date)",
        'backtests.grain', '(backtests.horizon - 1)') }}
