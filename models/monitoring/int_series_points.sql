-- One row per point of a series that can be judged: where it stands in its season,
-- and whether it may train what later points are judged by.
with

metric_values as (

    select *
    from {{ ref('metric_values') }}

),

known_events as (

    select
        event_name,
        starts_on,
        ends_on,
        nullif(trim(channel), '') as channel
    from {{ ref('known_events') }}
    {%- if not known_events_count() %}
    where 1 = 0
    {%- endif %}

),

-- What moves one channel moves the company.
event_days as (

    select
        places.channel,
        places.business_date,
        min(known_events.event_name) as event_name
    from (
        select distinct
            channel,
            business_date
        from metric_values
    ) as places
    inner join known_events
        on
        places.business_date between known_events.starts_on and known_events.ends_on
        and (
            known_events.channel is null
            or places.channel = 'all'
            or places.channel = known_events.channel
        )
    group by places.channel, places.business_date

),

-- A table that was not given has no series.
known_series as (

    select
        metric,
        channel,
        grain,
        min(period_start) as first_period_start
    from metric_values
    where
        value is not null
        -- An hour of one channel has too few orders for a ratio to mean anything.
        and (
            grain = 'day'
            or channel = 'all'
            or metric in ('revenue', 'orders', 'sessions')
        )
    group by metric, channel, grain

),

points as (

    select
        metric_values.metric || ' ' || metric_values.channel || ' '
        || metric_values.grain as series_id,
        metric_values.metric,
        metric_values.channel,
        metric_values.grain,
        event_days.event_name,
        metric_values.is_complete,
        cast(
            {{ seconds_between(
                'known_series.first_period_start', 'metric_values.period_start') }}
            / case when metric_values.grain = 'hour' then 3600 else 86400 end
            as integer
        ) as step,
        case when metric_values.grain = 'hour' then 168 else 7 end as season_length,
        cast({{ day_of_week('metric_values.clock_start') }} as integer) as weekday,
        case
            when metric_values.grain = 'hour'
                then cast(extract(hour from metric_values.clock_start) as integer)
            else 0
        end as hour_of_day,
        metric_values.value,
        metric_values.business_date,
        metric_values.period_start
    from metric_values
    inner join known_series
        on metric_values.metric = known_series.metric
        and metric_values.channel = known_series.channel
        and metric_values.grain = known_series.grain
        and metric_values.period_start >= known_series.first_period_start
    left join event_days
        on metric_values.channel = event_days.channel
        and metric_values.business_date = event_days.business_date

),

placed as (

    select
        series_id,
        metric,
        channel,
        grain,
        event_name,
        is_complete,
        step,
        season_length,
        case when grain = 'hour' then weekday * 24 + hour_of_day else weekday end
            as season_position,
        -- Deviations are compared within the hour of the day: nights are noisier.
        hour_of_day as scale_class,
        value,
        business_date,
        period_start
    from points

)

select * from placed
