-- One row per (series, grain, origin): the last period that a forecast may know. The
-- final origin is the end of the history; backtests start from earlier ones.
with

grains as (

    select
        grain,
        horizon,
        backtests,
        origin_step,
        season_length
    from {{ ref('int_forecast_grains') }}

),

series as (

    select
        series,
        grain,
        period_index,
        value,
        period_start
    from {{ ref('int_forecast_series') }}

),

ends as (

    select
        grain,
        max(period_index) as last_index
    from series
    group by grain

),

origins as (

    select
        series.series,
        series.grain,
        series.period_index as origin_index,
        ends.last_index = series.period_index as is_final,
        grains.horizon,
        grains.season_length,
        count(series.value) over history as values_known,
        min(series.value) over history as smallest_value,
        {{ stable_sum('abs(series.value)', over='history') }} / count(series.value) over history
            as mean_size,
        series.period_start as origin_date,
        ends.last_index - series.period_index - grains.horizon as periods_beyond,
        grains.origin_step,
        grains.backtests
    from series
    inner join grains
        on series.grain = grains.grain
    inner join ends
        on series.grain = ends.grain
    window history as (
        partition by series.series, series.grain
        order by series.period_index
        rows between unbounded preceding and current row
    )

),

-- The error of the seasonal naive forecast one step ahead, which MASE is scaled by.
naive_errors as (

    select
        series.series,
        series.grain,
        series.period_index,
        abs(series.value - earlier.value) as naive_error
    from series
    inner join grains
        on series.grain = grains.grain
    inner join series as earlier
        on series.series = earlier.series
        and series.grain = earlier.grain
        and series.period_index = earlier.period_index + grains.season_length
    where series.value is not null and earlier.value is not null

),

kept as (

    select *
    from origins
    where
        is_final
        or (
            periods_beyond >= 0
            and periods_beyond % origin_step = 0
            and periods_beyond < backtests * origin_step
            -- A season and more to fit on.
            and values_known > season_length
            and values_known >= 12
        )

),

scales as (

    select
        kept.series,
        kept.grain,
        kept.origin_index,
        {{ stable_sum('naive_errors.naive_error') }} / count(*) as naive_scale
    from kept
    inner join naive_errors
        on kept.series = naive_errors.series
        and kept.grain = naive_errors.grain
        and kept.origin_index >= naive_errors.period_index
    group by kept.series, kept.grain, kept.origin_index

),

scaled as (

    select
        kept.series,
        kept.grain,
        kept.origin_index,
        kept.is_final,
        kept.horizon,
        kept.values_known,
        kept.smallest_value,
        kept.mean_size,
        scales.naive_scale,
        kept.origin_date
    from kept
    left join scales
        on kept.series = scales.series
        and kept.grain = scales.grain
        and kept.origin_index = scales.origin_index

)

select * from scaled
