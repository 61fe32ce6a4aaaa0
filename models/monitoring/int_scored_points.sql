-- One row per point: how unusual its residual is beside its own past.
with

expectations as (

    select *
    from {{ ref('int_expectations') }}

),

-- Scale in two steps: the median absolute deviation says what is far, then the mean
-- square of what is cut there to two scales uses the rest of the data better than a
-- median does. Each past residual was cut by what was known at its time.
measured as (

    select
        *,
        {{ mad_scale('training_residual', 'past_deviations') }} as mad,
        {{ rolling_quantile('training_residual', 0.25, 'past_deviations') }} as quartile_1,
        {{ rolling_quantile('training_residual', 0.75, 'past_deviations') }} as quartile_3
    from expectations
    window past_deviations as (
        partition by series_id, scale_class
        order by step
        rows between 365 preceding and 1 preceding
    )

),

cut as (

    select
        *,
        least(abs(training_residual), 2e0 * mad) as cut_deviation,
        -- Shifts are judged on plain ratios, whose mean is 0 even where counts are
        -- so small that their logarithms lean to one side.
        case
            when is_signed then training_residual
            when training_residual is not null
                then (value / expected - 1e0) / widening
        end as training_ratio
    from measured

),

scaled as (

    select
        *,
        count(cut_deviation) over past_deviations as past_deviations,
        -- 1.0423: normal residuals cut at two have a mean square of 0.9205.
        greatest(
            1.0423e0 * sqrt(
                {{ stable_sum('cut_deviation * cut_deviation', over='past_deviations') }}
                / nullif(count(cut_deviation) over past_deviations, 0)
            ) * (1e0 + 3e0 / nullif(count(cut_deviation) over past_deviations, 0)),
            {{ scale_floor() }}
        ) as wide_scale
    from cut
    window past_deviations as (
        partition by series_id, scale_class
        order by step
        rows between 365 preceding and 1 preceding
    )

),

-- The floor is no scale where nothing has been seen.
known as (

    select
        *,
        case when past_deviations >= 7 then wide_scale end as scale,
        case
            when past_deviations >= 7
                then greatest(-3e0, least(3e0, training_ratio / wide_scale))
        end as cut_ratio
    from scaled

),

centred as (

    select
        *,
        {{ stable_sum('cut_ratio', over='past_deviations') }}
            / nullif(count(cut_ratio) over past_deviations, 0) as mean_ratio,
        {{ stable_sum('cut_ratio * cut_ratio', over='past_deviations') }}
            / nullif(count(cut_ratio) over past_deviations, 0) as mean_square_ratio,
        count(cut_ratio) over past_deviations as past_ratios
    from known
    window past_deviations as (
        partition by series_id, scale_class
        order by step
        rows between 365 preceding and 1 preceding
    )

),

standardised as (

    select
        *,
        case
            when past_ratios >= 14
                then (cut_ratio - mean_ratio) / greatest(
                    0.2e0, sqrt(greatest(0e0, mean_square_ratio - mean_ratio * mean_ratio))
                )
        end as shift_value
    from centred

),

-- Where good and bad hours come in rows, sums of them stray further than sums of
-- independent ones: by `persistence`, which widens what a lasting shift must show.
persisting as (

    select
        *,
        case
            when count(shift_value) over last_day > 3
                then abs({{ stable_sum('shift_value', over='last_day') }})
                    / sqrt(count(shift_value) over last_day)
        end as day_stray
    from standardised
    window last_day as (
        partition by series_id
        order by step
        rows between 11 preceding and current row
    )

),

strayed as (

    select
        *,
        greatest(
            1e0,
            coalesce(
                1.4826e0 * {{ rolling_quantile('day_stray', 0.5, 'past_days') }}, 1e0
            )
        ) as persistence,
        avg(case when not is_quiet and value = 0 then 1e0 when not is_quiet then 0e0 end)
            over past_weeks as zero_share
    from persisting
    window
        past_days as (
            partition by series_id
            order by step
            rows between 1008 preceding and 1 preceding
        ),
        past_weeks as (
            partition by series_id
            order by step
            rows between 672 preceding and 1 preceding
        )

),

scored as (

    select
        series_id,
        metric,
        channel,
        grain,
        event_name,
        is_complete,
        is_quiet,
        is_signed,
        step,
        season_length,
        value,
        level,
        size,
        expected,
        widening,
        residual,
        scale,
        quartile_1,
        quartile_3,
        shift_value / persistence as shift_value,
        coalesce(grain = 'hour' and zero_share > 0.25e0, false) as is_sparse,
        step >= greatest(3 * season_length, 28) as has_history,
        case
            when value is null or scale is null and not is_quiet then null
            when not is_quiet then residual / scale
            -- Something where there never is anything.
            when abs(value - expected) > level then 9e0 * sign(value - expected)
            else 0e0
        end as z_score,
        business_date,
        period_start
    from strayed

)

select * from scored
