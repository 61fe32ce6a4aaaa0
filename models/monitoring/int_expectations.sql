-- One row per point: what was to be expected of it, from strictly earlier points as
-- later ones may learn from them, and how far off it was.
{%- set given = 'select max(points_print) from ' ~ ref('int_coarse_expectations') %}
{%- if is_judged_already(this, given) %}
select * from {{ this }}
{%- else %}
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
        coarse_scale,
        points_print
    from {{ ref('int_coarse_expectations') }}

),

joined as (

    select
        points.*,
        training_values.training_value,
        training_values.coarse_scale,
        training_values.points_print
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
        {{ rolling_quantile('relative_value', 0.5, 'last_same_place') }}
            as median_factor,
        {{ stable_sum('relative_offset', over='past_same_place') }}
        / nullif(count(relative_offset) over past_same_place, 0)
            as offset_factor,
        count(relative_value) over past_same_place as past_values
    from leveled
    window
        past_same_place as (
            partition by series_id, season_position
            order by step
            rows between 52 preceding and 1 preceding
        ),
        last_same_place as (
            partition by series_id, season_position
            order by step
            rows between 3 preceding and 1 preceding
        )

),

-- A factor is a mean of noisy values: it differs from the others by chance too.
noisy as (

    select
        *,
        case
            when past_values >= 4 and coarse_scale is not null
                then coarse_scale * coarse_scale * mean_factor * mean_factor / past_values
        end as factor_noise,
        case
            when past_values >= 4 and coarse_scale is not null
                then past_values / greatest(coarse_scale * coarse_scale, 1e-9)
        end as factor_weight
    from averaged

),

-- Kin are the series of the same metric in the same period: this weekday (hour of the
-- week) is to them what it is likely to be to this series too.
among_kin as (

    select
        *,
        {{ stable_sum('factor_weight * mean_factor', over='kin') }} as kin_total,
        {{ stable_sum('factor_weight', over='kin') }} as kin_weight,
        count(factor_weight) over kin as kin_series
    from noisy
    window kin as (partition by metric, grain, season_length, period_start)

),

kin_averaged as (

    select
        *,
        case when factor_weight is not null then kin_total / kin_weight end as kin_factor,
        factor_weight / kin_weight as part_of_kin
    from among_kin

),

beside_kin as (

    select
        *,
        kin_factor * kin_factor / kin_weight as kin_noise,
        mean_factor - kin_factor as own_way,
        factor_noise * greatest(0e0, 1e0 - part_of_kin) as way_noise
    from kin_averaged

),

factors_summed as (

    select
        *,
        count(kin_factor) over until_now as running_factors,
        {%- for sum, term in [
            ('factor', 'kin_factor'),
            ('square', 'kin_factor * kin_factor'),
            ('noise', 'kin_noise'),
            ('way_square', 'case when kin_factor is not null then own_way * own_way end'),
            ('way_noise', 'way_noise'),
        ] %}
    sum(cast({{ term }} as decimal(38, 15))) over until_now as running_{{ sum }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from beside_kin
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
        {%- for sum in ['factor', 'square', 'noise', 'way_square', 'way_noise'] %}
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

-- How far factors differ beyond what their noise explains: those of the kin from
-- each other, this series' own from those of the kin.
spread as (

    select
        *,
        greatest(
            0e0, (season_square - season_factor * season_factor)
            * season_length / nullif(season_length - 1e0, 0e0) - season_noise)
            as kin_spread,
        greatest(0e0, season_way_square - season_way_noise) as way_spread
    from season_factors

),

kept as (

    select
        *,
        case
            when kin_spread + kin_noise > 0 then kin_spread / (kin_spread + kin_noise)
            else 1e0
        end as kin_share,
        case
            when not has_season then 1e0
            when kin_series = 1 then 0e0
            when way_spread + way_noise > 0 then way_spread / (way_spread + way_noise)
            else 1e0
        end as own_share
    from spread

),

-- So much of a factor's distance to the kin's, and of theirs to their mean, is kept
-- as is no noise (James and Stein 1961): a series without a season is not given one. A
-- mean of few values is not safe from one of them: their median is taken, which errs by
-- 1.57 times more. Means are charged the same, for weekdays change over a year.
unshifted as (

    select
        *,
        case
            when past_values < 4 then coalesce(median_factor, mean_factor)
            when own_share = 1 then mean_factor
            else
                own_share * mean_factor
                + (1e0 - own_share)
                * (season_factor + kin_share * (kin_factor - season_factor))
        end as season_share,
        1.57e0 / nullif(past_values, 0) * case
            when own_share = 1 then 1e0
            else own_share + (1e0 - own_share) * kin_share * part_of_kin
        end as factor_error
    from kept

),

-- A level is of some time ago, by half of what it rests on. What growth made of that
-- is what came over what level and season alone made expect, in the last 52 seasons.
lagging as (

    select
        *,
        (level_points + 1e0) / 2e0 as lag_points,
        (long_points + 1e0) / 2e0 as long_lag_points,
        case
            when not is_signed and training_value is not null
                then long_level * season_share
        end as lagging_expected
    from unshifted

),

summed_until as (

    select
        *,
        {%- for sum, term in [
            ('value', 'case when lagging_expected is not null then training_value end'),
            ('expected', 'lagging_expected'),
            ('reach', 'lagging_expected * long_lag_points'),
        ] %}
        sum(cast({{ term }} as decimal(38, 15))) over until_then as {{ sum }}_until,
        {%- endfor %}
        count(lagging_expected) over until_then as points_until
    from lagging
    window until_then as (
        partition by series_id
        order by step
        rows between unbounded preceding and 1 preceding
    )

),

last_year as (

    select
        *,
        {%- for sum in ['value', 'expected', 'reach'] %}
        cast({{ sum }}_until - coalesce(lag({{ sum }}_until, 52) over same_phase, 0) as double)
            as past_{{ sum }},
        {%- endfor %}
        (points_until - coalesce(lag(points_until, 52) over same_phase, 0))
        / cast(season_length as double) as seasons_seen
    from summed_until
    window same_phase as (
        partition by series_id, step % season_length
        order by step
    )

),

-- Three seasons say half of it.
grown as (

    select
        *,
        coalesce(
            seasons_seen * seasons_seen / (seasons_seen * seasons_seen + 9e0)
            * (past_value - past_expected) / nullif(past_reach, 0e0),
            0e0
        ) as growth
    from last_year

),

-- Nothing halves or doubles by growth alone.
carried_on as (

    select
        *,
        level * greatest(0.5e0, least(2e0, 1e0 + lag_points * growth)) as short_level_now,
        long_level * greatest(0.5e0, least(2e0, 1e0 + long_lag_points * growth))
            as long_level_now
    from grown

),

-- Four seasons follow a business that moves, thirteen are surer of one that does not.
compared as (

    select
        *,
        case
            when lagging_expected is not null and long_level_now * season_share > 0
                then short_level_now / long_level_now - 1e0
        end as short_excess,
        -- Of what is NULL greatest() and least() would make a number.
        case
            when lagging_expected is not null and long_level_now * season_share > 0
                then
                    greatest(
                        -1e0,
                        least(1e0, training_value / (long_level_now * season_share) - 1e0)
                    )
        end as value_excess
    from carried_on

),

-- How much of the way from the long level to the short one values went on average
-- (Bates and Granger 1969), beside a doubt of four values that did not go at all.
compared_until as (

    select
        *,
        sum(cast(short_excess * value_excess as decimal(38, 15))) over until_then
            as way_until,
        sum(cast(short_excess * short_excess as decimal(38, 15))) over until_then
            as distance_until
    from compared
    window until_then as (
        partition by series_id
        order by step
        rows between unbounded preceding and 1 preceding
    )

),

told_apart as (

    select
        *,
        cast(way_until - coalesce(lag(way_until, 52) over same_phase, 0) as double)
            as past_way,
        cast(
            distance_until - coalesce(lag(distance_until, 52) over same_phase, 0) as double
        ) as past_distance
    from compared_until
    window same_phase as (
        partition by series_id, step % season_length
        order by step
    )

),

trusted as (

    select
        *,
        case
            when is_signed then 1e0
            else greatest(0e0, least(1e0, coalesce(
                past_way / (
                    past_distance
                    + 4e0 * coalesce(coarse_scale * coarse_scale, 0.01e0)
                ),
                0e0
            )))
        end as short_share
    from told_apart

),

seasonal as (

    select
        series_id,
        metric,
        channel,
        grain,
        event_name,
        is_complete,
        is_signed,
        step,
        season_length,
        season_position,
        scale_class,
        value,
        case
            -- Nothing for four seasons: dead, whatever it once was.
            when is_signed or level = 0 then level
            else short_share * short_level_now + (1e0 - short_share) * long_level_now
        end as level,
        size,
        season_share as factor,
        offset_factor,
        factor_error,
        -- The short level's periods are among the long one's.
        1e0 / (
            short_share * short_share / nullif(level_points, 0e0)
            + (1e0 - short_share * short_share) / nullif(long_points, 0e0)
        ) as level_points,
        points_print,
        business_date,
        period_start
    from trusted

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
        points_print,
        business_date,
        period_start
    from residuals

)

select * from expected_points
{%- endif %}
