-- One row per alert: everything that somebody should hear of, and whether it is over.
{%- set severities = ['info', 'warning', 'critical'] %}
{%- set least = choice_setting('alert_min_severity', severities) %}
{%- set reported = "'" ~ severities[severities.index(least):] | join("', '") ~ "'" %}
{%- set warn_share = number_setting('quarantine_warn_share', at_least=0, at_most=1) %}
{%- set error_share = number_setting('quarantine_error_share', at_least=0, at_most=1) %}
with

incidents as (

    select *
    from {{ ref('incidents') }}
    where severity in ({{ reported }})

),

day_pace as (

    select *
    from {{ ref('day_pace') }}
    where channel = 'all'

),

-- A first frequent run may come before the first whole build.
all_kpi_values as (

    {{ edge_rows('kpi_values', [
        ('kpi', 'string'),
        ('label', 'string'),
        ('unit', 'string'),
        ('status', 'string'),
        ('is_complete', 'boolean'),
        ('value', 'double'),
        ('period_start', 'date'),
    ]) | indent(4) }}

),

kpi_values as (

    select *
    from all_kpi_values
    where is_complete

),

all_quality_scores as (

    {{ edge_rows('quality_scores', [
        ('table_name', 'string'),
        ('dimension', 'string'),
        ('score', 'double'),
        ('detail', 'string'),
        ('raw_rows', 'bigint'),
        ('failed_rows', 'bigint'),
    ]) | indent(4) }}

),

quality_scores as (

    select
        table_name,
        dimension,
        score,
        detail,
        failed_rows / nullif(cast(raw_rows as double), 0e0) as failed_share
    from all_quality_scores
    where table_name <> 'all_tables' and dimension <> 'overall' and raw_rows > 0

),

clock as (

    select cast(running_day as timestamp) as running_day_start
    from {{ ref('int_monitoring_clock') }}

),

all_model_drift as (

    {{ edge_rows('model_drift', [
        ('model_name', 'string'),
        ('feature', 'string'),
        ('status', 'string'),
        ('most_changed_bin', 'string'),
        ('current_examples', 'bigint'),
        ('population_stability_index', 'double'),
        ('most_changed_bin_share', 'double'),
        ('as_of', 'date'),
    ]) | indent(4) }}

),

model_drift as (

    select *
    from all_model_drift
    where status in ('warning', 'critical')

),

from_incidents as (

    select
        'incident' as source,
        incident_id as source_key,
        severity,
        replace(metric, '_', ' ')
        || case when channel = 'all' then '' else ' of ' || channel end
        || case when direction = 'down' then ' below' else ' above' end
        || ' expectation'
        -- A percentage of next to nothing is a number without a meaning.
        || case
            when peak_deviation_pct is null or abs(peak_deviation_pct) >= 9900e0
                then ' of about nothing'
            when peak_deviation_pct >= 900e0 then ', more than tenfold'
            else ' by ' || {{ as_percent('abs(peak_deviation_pct)') }}
        end as title,
        cast(anomalies as {{ dbt.type_string() }}) || ' '
        || case when anomalies = 1 then grain else grain || 's' end
        || ' since '
        || case
            when grain = 'hour'
                then substr(cast(opened_at as {{ dbt.type_string() }}), 1, 16) || ' UTC'
            else cast(opened_on as {{ dbt.type_string() }})
        end
        || '; at its worst ' || {{ as_amount('peak_value', metric_unit('metric')) }}
        || ' where ' || {{ as_amount('peak_expected', metric_unit('metric')) }}
        || ' was expected (' || detected_by || ')' as detail,
        is_open,
        opened_at as first_seen_at,
        last_seen_at
    from incidents

),

-- The running day is behind while its newest complete hour is.
paced as (

    select
        metric,
        business_date,
        max_by(status, period_start) = 'behind' and max(is_newest_day) as is_open,
        max_by(deviation_pct, period_start) as deviation_pct,
        max_by(value_so_far, period_start) as value_so_far,
        max_by(expected_so_far, period_start) as expected_so_far,
        min(case when status = 'behind' then period_start end) as first_seen_at,
        max(case when status = 'behind' then period_start end) as last_seen_at
    from day_pace
    group by metric, business_date

),

from_pace as (

    select
        'pace' as source,
        metric || '|' || cast(business_date as {{ dbt.type_string() }}) as source_key,
        'warning' as severity,
        replace(metric, '_', ' ') || ' of '
        || cast(business_date as {{ dbt.type_string() }}) || ' behind its usual pace' as title,
        'newest hour: ' || {{ as_amount('value_so_far', metric_unit('metric')) }}
        || ' so far where ' || {{ as_amount('expected_so_far', metric_unit('metric')) }}
        || ' was expected by then' as detail,
        is_open,
        first_seen_at,
        last_seen_at
    from paced
    where first_seen_at is not null

),

-- Months in a row past a level are one alert.
kpi_months as (

    select
        *,
        status in ('warning', 'critical') as is_breach,
        sum(case when status in ('warning', 'critical') then 0 else 1 end) over (
            partition by kpi
            order by period_start
            rows unbounded preceding
        ) as good_months,
        max(period_start) over (partition by kpi) as newest_month
    from kpi_values

),

kpi_breaches as (

    select
        kpi,
        max(label) as label,
        max(unit) as unit,
        max_by(status, period_start) as severity,
        max_by(value, period_start) as value,
        count(*) as months,
        max(period_start) = max(newest_month) as is_open,
        min(period_start) as first_month,
        max(period_start) as last_month
    from kpi_months
    where is_breach
    group by kpi, good_months

),

from_kpis as (

    select
        'kpi' as source,
        kpi || '|' || cast(first_month as {{ dbt.type_string() }}) as source_key,
        severity,
        label || ' past its ' || severity || ' level' as title,
        {{ as_amount('value', 'unit') }} || ' in '
        || substr(cast(last_month as {{ dbt.type_string() }}), 1, 7)
        || case
            when months > 1
                then
                    ', the ' || cast(months as {{ dbt.type_string() }})
                    || case
                        when months % 100 between 11 and 13 then 'th'
                        when months % 10 = 1 then 'st'
                        when months % 10 = 2 then 'nd'
                        when months % 10 = 3 then 'rd'
                        else 'th'
                    end || ' month in a row'
            else ''
        end as detail,
        is_open,
        cast(first_month as timestamp) as first_seen_at,
        cast(last_month as timestamp) as last_seen_at
    from kpi_breaches

),

-- What was wrong with raw tables when they were last looked at; no history is kept.
from_quality as (

    select
        'quality' as source,
        quality_scores.table_name || '|' || quality_scores.dimension as source_key,
        case
            when quality_scores.failed_share > {{ error_share }} then 'critical'
            else 'warning'
        end as severity,
        quality_scores.dimension || ' of the table ' || quality_scores.table_name
        || case
            when quality_scores.dimension = 'timeliness'
                then ': stale'
            else
                ': '
                || cast(
                    round(cast(100e0 * quality_scores.failed_share as decimal(38, 6)), 1)
                    as {{ dbt.type_string() }}
                )
                || ' % of its rows have a fault'
        end as title,
        quality_scores.detail,
        true as is_open,
        clock.running_day_start as first_seen_at,
        clock.running_day_start as last_seen_at
    from quality_scores
    cross join clock
    where
        quality_scores.dimension <> 'timeliness'
        and quality_scores.failed_share > {{ warn_share }}
        or quality_scores.dimension = 'timeliness' and quality_scores.score = 0

),

from_drift as (

    select
        'drift' as source,
        model_name || '|' || feature as source_key,
        status as severity,
        case
            when feature = 'score' then 'what ' || replace(model_name, '_', ' ') || ' says'
            else replace(feature, '_', ' ') || ' of ' || replace(model_name, '_', ' ')
        end || ' differs from what the model learned from' as title,
        'population stability index '
        || cast(cast(population_stability_index as decimal(18, 3)) as {{ dbt.type_string() }})
        || ' among ' || cast(current_examples as {{ dbt.type_string() }})
        || ' current examples; most changed: ' || most_changed_bin || ', by '
        || cast(cast(100 * most_changed_bin_share as decimal(18, 1)) as {{ dbt.type_string() }})
        || ' points of share' as detail,
        true as is_open,
        cast(as_of as timestamp) as first_seen_at,
        cast(as_of as timestamp) as last_seen_at
    from model_drift

),

-- Another source is one more CTE with these columns and its name in this list.
gathered as (

    {%- for source in ['from_incidents', 'from_pace', 'from_kpis', 'from_quality', 'from_drift'] %}
    select * from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

identified as (

    select
        md5(source || '|' || source_key) as alert_id,
        source,
        severity,
        title,
        detail,
        is_open,
        first_seen_at,
        last_seen_at
    from gathered

)

select * from identified
