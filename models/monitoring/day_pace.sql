-- One row per (metric, channel, period_start): how far the business day had come by
-- the end of that hour, against what past days had by then. The running day is
-- judged by its complete hours only.
{%- set threshold_drop = number_setting('anomaly_daily_drop_z', above=0) %}
{%- set threshold_spike = number_setting('anomaly_daily_spike_z', above=0) %}
with

hours as (

    select
        metric,
        channel,
        event_name,
        value,
        expected,
        scale * widening * expected as hour_error,
        business_date,
        period_start
    from {{ ref('int_scored_points') }}
    where
        grain = 'hour'
        and is_complete
        and not is_signed
        and metric in ('revenue', 'orders', 'sessions')

),

newest as (

    select max(business_date) as newest_date
    from hours

),

-- Of days that began before anything could be expected nothing is said.
so_far as (

    select
        hours.metric,
        hours.channel,
        hours.business_date = newest.newest_date as is_newest_day,
        max(hours.event_name) over day_so_far is not null as is_known_event,
        count(*) over day_so_far as hours_so_far,
        count(hours.expected) over day_so_far as expected_hours,
        {{ stable_sum('hours.value', over='day_so_far') }} as value_so_far,
        {{ stable_sum('hours.expected', over='day_so_far') }} as expected_so_far,
        sqrt({{ stable_sum('hours.hour_error * hours.hour_error', over='day_so_far', decimals=9) }})
            as error_so_far,
        hours.business_date,
        hours.period_start
    from hours
    cross join newest
    window
        day_so_far as (
            partition by hours.metric, hours.channel, hours.business_date
            order by hours.period_start
            rows unbounded preceding
        )

),

-- Hours of one day stray together: past days say by how much more than hours that
-- know nothing of each other would.
strayed as (

    select
        *,
        (value_so_far - expected_so_far) / nullif(error_so_far, 0e0) as stray
    from so_far
    where expected_hours = hours_so_far

),

widened as (

    select
        *,
        greatest(1e0, coalesce(
            1.4826e0 * {{ rolling_quantile(
                'case when not is_known_event then abs(stray) end', 0.5, 'same_hour') }},
            1e0
        )) as togetherness,
        count(case when not is_known_event then stray end) over same_hour as past_days
    from strayed
    window same_hour as (
        partition by metric, channel, hours_so_far
        order by period_start
        rows between 91 preceding and 1 preceding
    )

),

judged as (

    select
        *,
        stray / togetherness as z_score,
        case
            when past_days < 14 then 'insufficient_history'
            when is_known_event then 'known_event'
            when error_so_far = 0 or stray is null then 'no_data'
            when
                stray / togetherness <= -{{ threshold_drop }}e0
                and value_so_far <= {{ 1 - number_setting('anomaly_relative_floor') }}e0
                * expected_so_far
                then 'behind'
            when
                stray / togetherness >= {{ threshold_spike }}e0
                and value_so_far >= {{ 1 + number_setting('anomaly_relative_floor') }}e0
                * expected_so_far
                then 'ahead'
            else 'on_pace'
        end as status
    from widened

),

described as (

    select
        metric,
        channel,
        status,
        is_newest_day,
        hours_so_far,
        value_so_far,
        expected_so_far,
        case when error_so_far is not null then greatest(
            0e0, expected_so_far - {{ threshold_drop }}e0 * error_so_far * togetherness
        ) end as lower,
        expected_so_far + {{ threshold_spike }}e0 * error_so_far * togetherness as upper,
        100e0 * (value_so_far - expected_so_far) / nullif(expected_so_far, 0e0)
            as deviation_pct,
        z_score,
        business_date,
        period_start
    from judged

)

select * from described
