-- One row per anomaly with the incident it belongs to: anomalies of one series and
-- direction with at most one judged day, or three judged hours, between them; with
-- at most three days, or 24 hours, while the series is held to be shifted.
with

judged as (

    select
        metric,
        channel,
        grain,
        direction,
        severity,
        detected_by,
        status,
        value,
        expected,
        deviation_pct,
        {%- for direction in ['down', 'up'] %}
        sum(
            case
                when status = 'anomaly' and direction = '{{ direction }}' then 1
                when shift_direction = '{{ direction }}' then 0
                else 1
            end
        ) over until_now as {{ direction }}_place,
        {%- endfor %}
        count(*) over until_now as ordinal,
        business_date,
        period_start
    from {{ ref('anomalies') }}
    where status in ('anomaly', 'normal')
    window until_now as (
        partition by metric, channel, grain
        order by period_start
        rows unbounded preceding
    )

),

anomalies as (

    select
        metric,
        channel,
        grain,
        direction,
        severity,
        detected_by,
        value,
        expected,
        deviation_pct,
        case when direction = 'down' then down_place else up_place end as shifted_place,
        ordinal as place,
        business_date,
        period_start
    from judged
    where status = 'anomaly'

),

spaced as (

    select
        *,
        place - lag(place) over in_order as places_since_last,
        shifted_place - lag(shifted_place) over in_order as shifted_since_last
    from anomalies
    window in_order as (
        partition by metric, channel, grain, direction
        order by period_start
    )

),

numbered as (

    select
        *,
        sum(
            case
                when
                    shifted_since_last <= {{ incident_gap() }} + 1
                    and places_since_last <= {{ incident_gap(shifted=true) }} + 1
                    then 0
                else 1
            end
        ) over (
            partition by metric, channel, grain, direction
            order by period_start
            rows unbounded preceding
        ) as incident_number
    from spaced

),

-- How far each series has come, in the same count.
newest as (

    select
        metric,
        channel,
        grain,
        max(down_place) as newest_down_place,
        max(up_place) as newest_up_place,
        max(ordinal) as newest_place
    from judged
    group by metric, channel, grain

),

aged as (

    select
        numbered.*,
        case
            when numbered.direction = 'down' then newest.newest_down_place
            else newest.newest_up_place
        end - numbered.shifted_place <= {{ incident_gap('numbered.grain') }}
        and newest.newest_place - numbered.place
        <= {{ incident_gap('numbered.grain', shifted=true) }} as is_recent
    from numbered
    inner join newest
        on
        numbered.metric = newest.metric
        and numbered.channel = newest.channel
        and numbered.grain = newest.grain

)

select * from aged
