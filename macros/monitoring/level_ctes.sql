{% macro level_ctes(source, measure, statistic, news=none) %}
{#-
    CTEs that end in `leveled`: the rows of the CTE `source` (series_id, step,
    season_length...) with what the last four whole seasons before each point say.

    level            median or mean (`statistic`) of the seasons' means of `measure`
    level_points     periods that the level rests on
    long_level       their mean over up to 13 seasons; with `statistic` mean only
    long_points      periods that it rests on
    size             mean of the absolute values, for series that can be negative
    is_signed        some earlier value of the four seasons was negative
    relative_value   the measure over the mean of the season round it: half of it
                     before, half after, so that growth does not move it.  Known from
                     half a season later on; in the first half season, over the mean
                     of the first season.
    relative_offset  the measure less that mean, over the mean absolute value there
    A whole season holds every place once, so weekdays or hours do not move it.

    With `news` (points_news) the rows are the news and what they rest on: all of seven
    seasons before them, and of earlier ones those of their places (see
    int_expectations, and unless_stored).
-#}
{%- set of_season = {} -%}
{%- for measured, total in [('mean', 'sum'), ('size', 'size')] -%}
    {%- do of_season.update({measured:
        'case when step >= season_length - 1 then cast(running_' ~ total
        ~ ' - coalesce(lag(running_' ~ total ~ ') over same_phase, 0) as double)'
        ~ ' / nullif(running_count - coalesce(lag(running_count) over same_phase, 0), 0) end'
    }) -%}
{%- endfor -%}
{%- set relative_value = 'case when mean_of_season > 0 then ' ~ measure
    ~ ' / mean_of_season end' -%}
summed as (

    select
        *,
        sum(cast({{ measure }} as decimal(38, 15))) over until_now as running_sum,
        sum(cast(abs({{ measure }}) as decimal(38, 15))) over until_now
            as running_size,
        count({{ measure }}) over until_now as running_count,
        count(case when {{ measure }} < 0 then 1 end) over until_now
            as running_negatives,
        cast(floor(season_length / 2e0) as integer) as half_season
    from {{ source }}
    window until_now as (
        partition by series_id
        order by step
        rows unbounded preceding
    )

),

season_means as (

    select
        *,
        -- The beginning of a first season would lean to its weekdays or hours.
        {%- for measured, mean in of_season.items() %}
        {{ unless_stored(mean, 'season_' ~ measured, news) }} as season_{{ measured }},
        {%- endfor %}
        running_negatives - coalesce(lag(running_negatives, 4) over same_phase, 0)
            as negatives
    from summed
    window same_phase as (
        partition by series_id, step % season_length
        order by step
    )

),

-- The season round a point is the one that ends half a season later.
means_around as (

    select
        *,
        {%- for measured in ['mean', 'size'] %}
        case
            when half_season = 0 then season_{{ measured }}
            else lead(season_{{ measured }}) over half_seasons
        end as {{ measured }}_around
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from season_means
    window half_seasons as (
        partition by series_id, step % greatest(half_season, 1)
        order by step
    )

),

levels_after as (

    select
        *,
        {%- if statistic == 'median' %}
        {{ rolling_quantile('season_mean', 0.5, 'last_seasons') }} as level_after,
        {{ rolling_quantile('season_size', 0.5, 'last_seasons') }} as size_after
        {%- else %}
        {{ stable_sum('season_mean', over='last_seasons') }}
            / nullif(count(season_mean) over last_seasons, 0) as level_after,
        {{ stable_sum('season_size', over='last_seasons') }}
            / nullif(count(season_size) over last_seasons, 0) as size_after,
        {{ stable_sum('season_mean', over='last_quarter') }}
            / nullif(count(season_mean) over last_quarter, 0) as long_level_after
        {%- endif %}
    from means_around
    window
        last_seasons as (
            partition by series_id, step % season_length
            order by step
            rows between 3 preceding and current row
        )
        {%- if statistic == 'mean' %},
        last_quarter as (
            partition by series_id, step % season_length
            order by step
            rows between 12 preceding and current row
        )
        {%- endif %}

),

levels as (

    select
        *,
        case when step >= season_length then lag(level_after) over in_order end
            as level,
        case when step >= season_length then lag(size_after) over in_order end
            as size,
        least(4e0, floor(step / cast(season_length as double))) * season_length
            as level_points,
        {%- if statistic == 'mean' %}
        case when step >= season_length then lag(long_level_after) over in_order end
            as long_level,
        least(13e0, floor(step / cast(season_length as double))) * season_length
            as long_points,
        {%- endif %}
        coalesce(lag(negatives) over in_order, 0) > 0 as is_signed,
        {%- for measured in ['mean', 'size'] %}
        coalesce(
            {{ measured }}_around,
            case
                when step < season_length / 2e0
                    then max(case when step = season_length - 1 then season_{{ measured }} end)
                        over (partition by series_id)
            end
        ) as {{ measured }}_of_season
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from levels_after
    window in_order as (
        partition by series_id
        order by step
    )

),

leveled as (

    select
        *,
        {%- if news %}
        -- The season round the points of the last one has only now gone by.
        case
            when step >= first_step - season_length then {{ relative_value }}
            else stored_relative_value
        end as relative_value,
        {%- else %}
        {{ relative_value }} as relative_value,
        {%- endif %}
        -- Nobody asks for it where nothing ever is negative.
        case
            when size_of_season > 0 and min({{ measure }}) over (partition by series_id) < 0
                then ({{ measure }} - mean_of_season) / size_of_season
        end as relative_offset
    from levels

)
{%- endmacro %}
