-- One row per (series, grain, period, event): the share of the period that lies in a
-- known event, over the history and the horizon after it; only shares above 0.
with

grains as (

    select
        grain,
        horizon
    from {{ ref('int_forecast_grains') }}
    where uses_events

),

series as (

    select
        series,
        grain,
        series_level,
        min(period_index) as first_index,
        max(period_index) as last_index,
        max(period_start) as last_start
    from {{ ref('int_forecast_series') }}
    group by series, grain, series_level

),

known_events as (

    select
        event_name,
        event_type,
        channel,
        starts_on,
        ends_on
    from {{ ref('known_events') }}
    {%- if not known_events_count() %}
    where 1 = 0
    {%- endif %}

),

periods as (

    select
        series,
        grain,
        series_level,
        period_index,
        period_start
    from {{ ref('int_forecast_series') }}
    union all
    select
        series.series,
        series.grain,
        series.series_level,
        series.last_index + steps.step as period_index,
        {{ period_after('series.last_start', 'series.grain', 'steps.step') }} as period_start
    from series
    inner join grains
        on series.grain = grains.grain
    inner join {{ ref('int_forecast_steps') }} as steps
        on grains.horizon >= steps.step

),

ended as (

    select
        periods.series,
        periods.grain,
        periods.series_level,
        periods.period_index,
        periods.period_start,
        {{ period_after('periods.period_start', 'periods.grain', '1') }} as next_start
    from periods
    inner join grains
        on periods.grain = grains.grain

),

event_periods as (

    select
        ended.series,
        ended.grain,
        ended.period_index,
        known_events.event_name,
        known_events.event_type,
        {{ days_between('ended.period_start', 'ended.next_start') }} as period_days,
        {{ days_between(
            'greatest(ended.period_start, known_events.starts_on)',
            "least(ended.next_start, cast(known_events.ends_on + interval '1' day as date))"
        ) }} as event_days
    from ended
    inner join known_events
        on ended.next_start > known_events.starts_on
        and ended.period_start <= known_events.ends_on
        and (
            known_events.channel is null
            or ended.series = known_events.channel
            or ended.series_level = 'company'
        )

),

exposures as (

    select
        series,
        grain,
        period_index,
        event_name,
        max(event_type) as event_type,
        least(sum(event_days) / cast(max(period_days) as double), 1e0) as exposure
    from event_periods
    group by series, grain, period_index, event_name

)

select * from exposures
