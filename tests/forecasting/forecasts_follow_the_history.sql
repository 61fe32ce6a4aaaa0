-- The first period that is forecast comes right after the last of the history, none
-- is left out, and all series of a grain are forecast from the same day.
with

ends as (

    select
        grain,
        max(period_start) as last_start
    from {{ ref('forecast_history') }}
    group by grain

),

forecasts as (

    select
        series,
        grain,
        horizon,
        period_start,
        origin_date
    from {{ ref('forecasts') }}

),

horizons as (

    select
        grain,
        horizon as periods
    from {{ ref('int_forecast_grains') }}

),

misplaced as (

    select
        forecasts.series,
        forecasts.grain,
        forecasts.horizon
    from forecasts
    inner join ends
        on forecasts.grain = ends.grain
    where
        forecasts.period_start <> {{ period_after(
            'ends.last_start', 'forecasts.grain', 'forecasts.horizon') }}
        or cast(forecasts.origin_date + interval '1' day as date) <> {{ period_after(
            'ends.last_start', 'forecasts.grain', '1') }}

),

incomplete as (

    select
        forecasts.series,
        forecasts.grain,
        count(*) as horizon
    from forecasts
    inner join horizons
        on forecasts.grain = horizons.grain
    group by forecasts.series, forecasts.grain, horizons.periods
    having count(*) <> horizons.periods or max(forecasts.horizon) <> horizons.periods

)

select * from misplaced
union all
select * from incomplete
