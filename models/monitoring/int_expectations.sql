-- One row per point: what was to be expected of it, from strictly earlier points as
-- later ones may learn from them, and how far off it was. In a frequent run only what
-- is new is computed, from what it rests on; other rows stand.
{%- set given = 'select max(points_print) from ' ~ ref('int_coarse_expectations') %}
{%- if is_judged_already(this, given) %}
select * from {{ this }}
{%- else %}
{%- set news = handed_news(this, ref('int_coarse_expectations'), 'lagging_expected') %}
-- What later points rest on, kept with each row.
{%- set kept = [
    'season_mean', 'season_size', 'relative_value', 'kin_factor', 'kin_noise', 'own_way',
    'way_noise', 'lagging_expected', 'short_excess', 'value_excess', 'value_until',
    'expected_until', 'reach_until', 'points_until', 'way_until', 'distance_until',
] %}
{%- set columns = [
    'series_id', 'metric', 'channel', 'grain', 'event_name', 'is_complete', 'is_quiet',
    'is_signed', 'step', 'season_length', 'season_position', 'scale_class', 'place',
    'value', 'level', 'size', 'expected', 'widening', 'residual', 'training_residual',
] + kept + ['business_date', 'period_start'] %}
with

points as (

    select *
    from {{ ref('int_series_points') }}

),

told as (

    select
        max(points_print) as points_print,
        max(earlier_print) as earlier_print,
        max(case when grain = 'hour' then new_from end) as new_hours_from,
        max(case when grain = 'day' then new_from end) as new_days_from
    from {{ ref('int_coarse_expectations') }}

),

training_values as (

    select
        series_id,
        step,
        place,
        training_value,
        coarse_scale
    from {{ ref('int_coarse_expectations') }}

),
{%- if news %}

stored as (

    select *
    from {{ this }}
    where not {{ is_news(news) }}

),

new_points as (

    select
        series_id,
        season_length,
        season_position,
        step
    from points
    where {{ is_news(news) }}

),

new_spans as (

    select
        series_id,
        min(step) as first_step,
        max(step) as last_step
    from new_points
    group by series_id

),

new_places as (

    select distinct
        series_id,
        season_position
    from new_points

),

-- All of the seven seasons before what is new; of sixty, those of its places, and of the
-- point before it.
needed as (

    select
        points.*,
        new_spans.first_step,
        points.step >= new_spans.first_step as is_new
    from points
    inner join new_spans
        on points.series_id = new_spans.series_id
    left join new_places
        on points.series_id = new_places.series_id
        and points.season_position = new_places.season_position
    where
        points.step >= new_spans.first_step - 60 * points.season_length
        and (
            points.step >= new_spans.first_step - 7 * points.season_length
            or new_places.series_id is not null
            -- Steps since the point before, in the season.
            or (
                (points.step - new_spans.first_step + 1) % points.season_length
                + points.season_length
            ) % points.season_length <= new_spans.last_step - new_spans.first_step + 1
        )

),
{%- endif %}

joined as (

    select
        points.*,
        {%- for column in (kept if news else []) %}
        stored.{{ column }} as stored_{{ column }},
        {%- endfor %}
        training_values.place,
        training_values.training_value,
        training_values.coarse_scale
    from {{ 'needed' if news else 'points' }} as points
    inner join training_values
        on points.series_id = training_values.series_id
        and points.step = training_values.step
    {%- if news %}
    left join stored
        on points.series_id = stored.series_id
        and points.step = stored.step
    {%- endif %}

),

{{ level_ctes('joined', 'training_value', 'mean', news) }},

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
        {{ unless_stored(
            'case when factor_weight is not null then kin_total / kin_weight end',
            'kin_factor', news) }} as kin_factor,
        factor_weight / kin_weight as part_of_kin
    from among_kin

),

beside_kin as (

    select
        *,
        {{ unless_stored('kin_factor * kin_factor / kin_weight', 'kin_noise', news) }}
            as kin_noise,
        {{ unless_stored('mean_factor - kin_factor', 'own_way', news) }} as own_way,
        {{ unless_stored(
            'factor_noise * greatest(0e0, 1e0 - part_of_kin)', 'way_noise', news) }}
            as way_noise
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
        {{ unless_stored(
            'case when not is_signed and training_value is not null then long_level'
            ~ ' * season_share end', 'lagging_expected', news) }} as lagging_expected
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
        sum(cast({{ term }} as decimal(38, 15))) over until_then
            as {{ 'read_' if news }}{{ sum }}_until,
        {%- endfor %}
        count(lagging_expected) over until_then as {{ 'read_' if news }}points_until
    from lagging
    window until_then as (
        partition by series_id
        order by step
        rows between unbounded preceding and 1 preceding
    )

),

{{ carried_sums(
    'carried_until', 'summed_until',
    ['value_until', 'expected_until', 'reach_until', 'points_until'], news) }},

last_year as (

    select
        *,
        {%- for sum in ['value', 'expected', 'reach'] %}
        cast({{ sum }}_until - coalesce(lag({{ sum }}_until, 52) over same_phase, 0) as double)
            as past_{{ sum }},
        {%- endfor %}
        (points_until - coalesce(lag(points_until, 52) over same_phase, 0))
        / cast(season_length as double) as seasons_seen
    from carried_until
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
        {{ unless_stored(
            'case when lagging_expected is not null and long_level_now * season_share > 0'
            ~ ' then short_level_now / long_level_now - 1e0 end',
            'short_excess', news) }} as short_excess,
        -- Of what is NULL greatest() and least() would make a number.
        {{ unless_stored(
            'case when lagging_expected is not null and long_level_now * season_share > 0'
            ~ ' then greatest(-1e0, least(1e0, training_value'
            ~ ' / (long_level_now * season_share) - 1e0)) end',
            'value_excess', news) }} as value_excess
    from carried_on

),

-- How much of the way from the long level to the short one values went on average
-- (Bates and Granger 1969), beside a doubt of four values that did not go at all.
compared_until as (

    select
        *,
        sum(cast(short_excess * value_excess as decimal(38, 15))) over until_then
            as {{ 'read_' if news }}way_until,
        sum(cast(short_excess * short_excess as decimal(38, 15))) over until_then
            as {{ 'read_' if news }}distance_until
    from compared
    window until_then as (
        partition by series_id
        order by step
        rows between unbounded preceding and 1 preceding
    )

),

{{ carried_sums(
    'compared_until_now', 'compared_until', ['way_until', 'distance_until'], news) }},

told_apart as (

    select
        *,
        cast(way_until - coalesce(lag(way_until, 52) over same_phase, 0) as double)
            as past_way,
        cast(
            distance_until - coalesce(lag(distance_until, 52) over same_phase, 0) as double
        ) as past_distance
    from compared_until_now
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
        place,
        {%- for column in kept %}
        {{ column }},
        {%- endfor %}
        {%- if news %}
        is_new,
        first_step,
        {%- endif %}
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
        business_date,
        period_start
    from trusted

),

{{ residual_ctes('seasonal', 'value') }},

expected_points as (

    select
        *,
        -- What may train the scale.
        case when event_name is null and is_complete then residual end
            as training_residual
    from residuals

),

judged as (

    select {{ columns | join(', ') }}
    from expected_points
    {%- if news %}
    where is_new
    union all
    -- The season round some points had not gone by when they were stored.
    select
        {%- for column in columns %}
        {%- if column == 'relative_value' %}
        case
            when last_season.series_id is not null then last_season.relative_value
            else stored.relative_value
        end as relative_value
        {%- else %}
        stored.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from stored
    left join (
        select
            series_id,
            step,
            relative_value
        from expected_points
        where not is_new and step >= first_step - season_length
    ) as last_season
        on stored.series_id = last_season.series_id
        and stored.step = last_season.step
    {%- endif %}

),

told_on as (

    select
        judged.*,
        told.points_print,
        told.earlier_print,
        case
            when judged.grain = 'hour' then told.new_hours_from
            else told.new_days_from
        end as new_from
    from judged
    cross join told

)

select * from told_on
{%- endif %}
