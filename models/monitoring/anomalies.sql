-- One row per (metric, channel, grain, period_start): what was expected, what came,
-- and how it is judged, by strictly earlier points only.
{%- set relative_floor = number_setting('anomaly_relative_floor', at_least=0, at_most=1) %}
{%- set large_z = number_setting('anomaly_large_z', above=0) %}
{%- set large_drop = number_setting('anomaly_large_drop', above=0, at_most=1) %}
{%- set large_rise = number_setting('anomaly_large_rise', above=0) %}
{%- set fence = number_setting('anomaly_iqr_fence', above=0) %}
with

scored as (

    select
        *,
        {{ threshold('drop') }} as drop_z,
        {{ threshold('spike') }} as spike_z,
        {{ absolute_floor('metric') }} as absolute_floor
    from {{ ref('int_scored_points') }}

),

outliers as (

    {{ edge_rows('ml_residual_outliers', [
        ('channel', 'string'),
        ('grain', 'string'),
        ('isolation_score', 'double'),
        ('lof_score', 'double'),
        ('isolation_is_outlier', 'boolean'),
        ('lof_is_outlier', 'boolean'),
        ('period_start', 'timestamp'),
    ]) | indent(4) }}

),

shifts as (

    {{ edge_rows('ml_lasting_shifts', [
        ('series_id', 'string'),
        ('step', 'bigint'),
        ('shift', 'bigint'),
        ('evidence', 'double'),
    ]) | indent(4) }}

),

joined as (

    select
        scored.*,
        outliers.isolation_score,
        outliers.lof_score,
        outliers.isolation_is_outlier,
        outliers.lof_is_outlier,
        coalesce(shifts.shift, 0) as shift,
        shifts.evidence as shift_evidence,
        scored.value - scored.expected as deviation,
        case when scored.is_signed then scored.size else abs(scored.expected) end
            as usual_size,
        -- A quiet place has no quartiles of its own: only the z-score speaks there.
        case when not scored.is_quiet then greatest(
            scored.quartile_3 - scored.quartile_1, 1.349e0 * {{ scale_floor() }}
        ) end as quartile_range
    from scored
    left join outliers
        on scored.channel = outliers.channel
        and scored.grain = outliers.grain
        and scored.period_start = outliers.period_start
    left join shifts
        on scored.series_id = shifts.series_id
        and scored.step = shifts.step

),

-- What each method says on its own; NULL where it has nothing to go by.
methods as (

    select
        *,
        z_score <= -drop_z or z_score >= spike_z as zscore_fires,
        residual < quartile_1 - {{ fence }}e0 * quartile_range
        or residual > quartile_3 + {{ fence }}e0 * quartile_range as iqr_fires,
        isolation_is_outlier as isolation_forest_fires,
        lof_is_outlier as lof_fires,
        -- A lasting shift colours the points on its side only.
        shift <> 0 and shift * deviation > 0 as cusum_fires,
        grain = 'day' and not is_quiet and not is_signed and (
            z_score <= -{{ large_z }}e0 and value <= (1e0 - {{ large_drop }}e0) * expected
            or z_score >= {{ large_z }}e0
            and value >= (1e0 + {{ large_rise }}e0) * expected
        ) as large_change_fires,
        abs(deviation) >= {{ relative_floor }}e0 * usual_size
        and abs(deviation) >= absolute_floor as is_beyond_floors
    from joined

),

-- The z-score has three votes, the other three have one each.
voted as (

    select
        *,
        {%- for measure, when in [('votes', ''), ('voters', ' is not null')] %}
        {% for method in detection_methods()[:4] -%}
        case when {{ method }}_fires{{ when }} then {{ 3 if loop.first else 1 }} else 0 end
        {%- if not loop.last %} + {% endif %}
        {%- endfor %} as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from methods

),

-- More than half of the votes that can be cast; in a quiet place the z-score decides.
decided as (

    select
        *,
        case
            when not is_beyond_floors then false
            when is_quiet then zscore_fires
            else
                votes * 2 > voters
                or coalesce(cusum_fires, false)
                or coalesce(large_change_fires, false)
        end as is_out_of_line
    from voted

),

judged as (

    select
        *,
        case
            when not is_complete then 'incomplete'
            when event_name is not null then 'known_event'
            when value is null then 'no_data'
            when is_sparse then 'too_sparse'
            when not has_history or z_score is null then 'insufficient_history'
            when is_out_of_line then 'anomaly'
            else 'normal'
        end as status,
        coalesce(abs(z_score), 0e0) as anomaly_score,
        case when deviation < 0 then drop_z else spike_z end as z_limit
    from decided

),

bounded as (

    select
        *,
        case
            when is_signed then expected - drop_z * scale * widening * size
            when grain = 'hour'
                then expected * power(
                    greatest(0e0, 1e0 - drop_z * scale * widening / 2e0), 2e0
                )
            -- A drop to a fifth or less counts as one to a fifth.
            when drop_z * scale * widening > ln(5e0) then 0e0
            else expected * exp(-drop_z * scale * widening)
        end as lower_bound,
        case
            when is_signed then expected + spike_z * scale * widening * size
            when grain = 'hour'
                then expected * power(1e0 + spike_z * scale * widening / 2e0, 2e0)
            else expected * exp(least(spike_z * scale * widening, 50e0))
        end as upper_bound
    from judged

),

described as (

    select
        metric,
        channel,
        grain,
        status,
        case
            when status <> 'anomaly' then null
            when deviation < 0 then 'down'
            else 'up'
        end as direction,
        case
            when status <> 'anomaly' then null
            -- A channel alone matters a step less than the company, and has too few
            -- orders a day for halves of it, or for ratios, to mean much.
            when channel <> 'all'
                then case
                    when metric in ('average_order_value', 'conversion_rate', 'return_rate')
                        then 'info'
                    when abs(z_score) >= 2e0 * z_limit then 'warning'
                    else 'info'
                end
            when
                abs(z_score) >= 2e0 * z_limit
                or abs(deviation) >= 0.5e0 * usual_size and abs(z_score) >= z_limit
                then 'critical'
            else 'warning'
        end as severity,
        ''
        {%- for method in detection_methods() %}
        || case when {{ method }}_fires then '{{ method }}, ' else '' end
        {%- endfor %} as methods_text,
        case when shift < 0 then 'down' when shift > 0 then 'up' end as shift_direction,
        event_name,
        value,
        expected,
        lower_bound as lower,
        upper_bound as upper,
        100e0 * deviation / nullif(abs(expected), 0e0) as deviation_pct,
        z_score,
        anomaly_score,
        isolation_score,
        lof_score,
        shift_evidence,
        votes,
        voters,
        business_date,
        period_start
    from bounded

),

named as (

    select
        metric,
        channel,
        grain,
        status,
        direction,
        severity,
        case
            when status = 'anomaly'
                then nullif(substr(methods_text, 1, length(methods_text) - 2), '')
        end as detected_by,
        shift_direction,
        event_name,
        value,
        expected,
        lower,
        upper,
        deviation_pct,
        z_score,
        anomaly_score,
        isolation_score,
        lof_score,
        shift_evidence,
        votes,
        voters,
        business_date,
        period_start
    from described

)

select * from named
