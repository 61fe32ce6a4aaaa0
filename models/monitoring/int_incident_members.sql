-- One row per anomaly with the incident it belongs to: anomalies of one series and
-- direction with at most one judged day, or three judged hours, between them.
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
        business_date,
        period_start,
        row_number() over (
            partition by metric, channel, grain
            order by period_start
        ) as place
    from {{ ref('anomalies') }}
    where status in ('anomaly', 'normal')

),

anomalies as (

    select
        *,
        place - lag(place) over (
            partition by metric, channel, grain, direction
            order by period_start
        ) as places_since_last
    from judged
    where status = 'anomaly'

),

numbered as (

    select
        *,
        sum(
            case
                when places_since_last <= {{ incident_gap() }} + 1 then 0
                else 1
            end
        ) over (
            partition by metric, channel, grain, direction
            order by period_start
            rows unbounded preceding
        ) as incident_number
    from anomalies

)

select * from numbered
