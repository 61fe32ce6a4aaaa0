-- One row per point: what was to be expected of it, from strictly earlier points as
-- later ones may learn from them, and how far off it was.
with

points as (

    select *
    from {{ ref('int_series_points') }}

),

training_values as (

    select
        series_id,
        step,
        training_value,
        coarse_scale
    from {{ ref('int_coarse_expectations') }}

),

joined as (

    select
        points.*,
        training_values.training_value,
        training_values.coarse_scale
    from points
    inner join training_values
        on points.series_id = training_values.series_id
        and points.step = training_values.step

),

{{ level_ctes('joined', 'training_value', 'mean') }},

averaged as (

    select
        *,
        {{ stable_sum('relative_value', over='past_same_place') }}
        / nullif(count(relative_value) over past_same_place, 0) as mean_factor,
        {{ rolling_quantile('relative_value', 0.5, 'past_same_place') }}
            as median_factor,
        {{ stable_sum('relative_offset', over='past_same_place') }}
        / nullif(count(relative_offset) over past_same_place, 0)
            as offset_factor,
        count(relative_value) over past_same_place as past_values
    from leveled
    window past_same_place as (
        partition by series_id, season_position
        order by step
        rows between 52 preceding and 1 preceding
    )

),

-- A factor is a mean of noisy values: it differs from the others by chance too.
noisy as (

    select
        *,
        case
            when past_values >= 4 and coarse_scale is not null
                then coarse_scale * coarse_scale * mean_factor * mean_factor / past_values
        end as factor_noise
    from averaged

),

factors_summed as (

    select
        *,
        count(factor_noise) over until_now as running_factors,
        {%- for sum, term in [
            ('running_factor', 'case when factor_noise is not null then mean_factor end'),
            (
                'running_square',
                'case when factor_noise is not null then mean_factor * mean_factor end'
            ),
            ('running_noise', 'factor_noise'),
        ] %}
    sum(cast({{ term }} as decimal(38, 15))) over until_now as {{ sum }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from noisy
    window until_now as (
        partition by series_id
        order by step
        rows unbounded preceding
    )

),

-- The newest factor of every place in the season, this point's own among them.
season_factors as (

    select
        *,
        season_length > 1 and season_length
        = running_factors - coalesce(lag(running_factors) over same_phase, 0)
            as has_season,
        {%- for sum in ['factor', 'square', 'noise'] %}
        cast(running_{{ sum }} - coalesce(lag(running_{{ sum }}) over same_phase, 0) as double)
        / season_length as season_{{ sum }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from factors_summed
    window same_phase as (
        partition by series_id, step % season_length
        order by step
    )

),

spread as (

    select
        *,
        -- How far factors differ beyond what their noise explains.
        greatest(
            0e0, (season_square - season_factor * season_factor)
            * season_length / nullif(season_length - 1e0, 0e0) - season_noise)
            as factor_spread
    from season_factors

),

kept as (

    select
        *,
        case
            when has_season and factor_spread + factor_noise > 0
                then factor_spread / (factor_spread + factor_noise)
            else 1e0
        end as kept_share
    from spread

),

-- So much of a factor's distance to their mean is kept as is no noise (James and
-- Stein 1961): a series without a season is not given one. A mean of few values is
-- not safe from one of them: their median is taken, which errs by 1.57 times more.
-- Means are charged the same, for weekdays change over a year.
unshifted as (

    select
        *,
        case
            when past_values < 4 then median_factor
            when kept_share = 1 then mean_factor
            else season_factor + kept_share * (mean_factor - season_factor)
        end as season_share,
        1.57e0 * case when past_values < 4 then 1e0 else kept_share end
        / nullif(past_values, 0) as factor_error
    from kept

),

-- The level is of some time ago, by half of what it rests on. What growth made of that
-- is what came over what level and season alone made expect, in the last 52 seasons.
lagging as (

    select
        *,
        (level_points + 1e0) / 2e0 as lag_points,
        case
            when not is_signed and training_value is not null then level * season_share
        end as lagging_expected
    from unshifted

),

growth_summed as (

    select
        *,
        count(lagging_expected) over before_now as running_points,
        {%- for sum, term in [
            ('value', 'case when lagging_expected is not null then training_value end'),
            ('expected', 'lagging_expected'),
            ('reach', 'lagging_expected * lag_points'),
        ] %}
    coalesce(sum(cast({{ term }} as decimal(38, 15))) over before_now, 0)
        as running_{{ sum }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from lagging
    window before_now as (
        partition by series_id
        order by step
        rows between unbounded preceding and 1 preceding
    )

),

-- A difference of running sums: a frame of 52 seasons holds 8,736 hours.
growing as (

    select
        *,
        {%- for sum in ['value', 'expected', 'reach'] %}
        cast(running_{{ sum }} - coalesce(lag(running_{{ sum }}, 52) over same_phase, 0) as double)
            as past_{{ sum }},
        {%- endfor %}
        (running_points - coalesce(lag(running_points, 52) over same_phase, 0))
        / cast(season_length as double) as seasons_seen
    from growth_summed
    window same_phase as (
        partition by series_id, step % season_length
        order by step
    )

),

-- Four seasons say half of it; nothing halves or doubles by growth alone.
seasonal as (

    select
        *,
        season_share * greatest(0.5e0, least(2e0, 1e0 + coalesce(
            seasons_seen * seasons_seen / (seasons_seen * seasons_seen + 16e0)
            * lag_points * (past_value - past_expected) / nullif(past_reach, 0e0),
            0e0
        ))) as factor
    from growing

),

{{ residual_ctes('seasonal', 'value') }},

expected_points as (

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
        season_position,
        scale_class,
        value,
        level,
        size,
        expected,
        widening,
        residual,
        -- What may train the scale.
        case when event_name is null and is_complete then residual end
            as training_residual,
        business_date,
        period_start
    from residuals

)

select * from expected_points
