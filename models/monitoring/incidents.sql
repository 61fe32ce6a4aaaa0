-- One row per incident: anomalies of one series in one direction that belong
-- together, from the first to the last.
with

members as (

    select *
    from {{ ref('int_incident_members') }}

),

newest as (

    select
        grain,
        max(period_start) as newest_period_start
    from {{ ref('anomalies') }}
    where status in ('anomaly', 'normal')
    group by grain

),

gathered as (

    select
        metric,
        channel,
        grain,
        direction,
        incident_number,
        count(*) as anomalies,
        max(case when is_recent then 1 else 0 end) = 1 as is_open,
        max_by(deviation_pct, {{ peak_order() }}) as peak_deviation_pct,
        max_by(value, {{ peak_order() }}) as peak_value,
        max_by(expected, {{ peak_order() }}) as peak_expected,
        max_by(detected_by, {{ peak_order() }}) as detected_by,
        max(
            case severity when 'critical' then 3 when 'warning' then 2 else 1 end
        ) as severity_rank,
        min(business_date) as opened_on,
        min(period_start) as opened_at,
        max(period_start) as last_seen_at
    from members
    group by metric, channel, grain, direction, incident_number

),

described as (

    select
        md5(
            gathered.metric || '|' || gathered.channel || '|' || gathered.grain || '|'
            || gathered.direction || '|' || cast(gathered.opened_at as {{ dbt.type_string() }})
        ) as incident_id,
        gathered.metric,
        gathered.channel,
        gathered.grain,
        gathered.direction,
        case gathered.severity_rank
            when 3 then 'critical'
            when 2 then 'warning'
            else 'info'
        end as severity,
        gathered.detected_by,
        gathered.is_open,
        -- Opened in the newest day, or in the newest 24 hours, that were judged.
        gathered.opened_at > newest.newest_period_start - interval '1' day
            as is_new,
        gathered.anomalies,
        gathered.peak_deviation_pct,
        gathered.peak_value,
        gathered.peak_expected,
        gathered.opened_on,
        gathered.opened_at,
        gathered.last_seen_at
    from gathered
    inner join newest
        on gathered.grain = newest.grain

)

select * from described
