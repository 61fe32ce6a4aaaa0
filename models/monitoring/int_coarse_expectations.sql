-- One row per point: its value as later points may learn from it. What was far off
-- the median of its past, and what a known event moved, is put back to what was
-- expected. In a frequent run only what is new is computed, from the 24 weeks before,
-- the most that it rests on, and from stored residuals; other rows stand.
{%- set given = 'select ' ~ points_print() ~ ' from ' ~ ref('int_series_points') %}
{%- if is_judged_already(this, given) %}
select * from {{ this }}
{%- else %}
{%- set news = points_news(this) %}
{%- set past = none if news else 'past' %}
{%- set in_past = '' if news else ' over past' %}
with

points as (

    select
        series_id,
        grain,
        step,
        season_length,
        season_position,
        scale_class,
        case when event_name is null and is_complete then value end as value,
        period_start
    from {{ ref('int_series_points') }}
    {%- if news %}
    where {{ is_news(news, days_before=168) }}
    {%- endif %}

),
{%- if news %}

stored as (

    select *
    from {{ this }}
    where not {{ is_news(news) }}

),

last_places as (

    select
        series_id,
        scale_class,
        max(place) as place
    from stored
    group by series_id, scale_class

),
{%- endif %}

prints as (

    select {{ points_print() }} as points_print
    from {{ ref('int_series_points') }}

),

-- A gap or an event stands in for its place in the season one season ago.
filled as (

    select
        *,
        coalesce(value, {{ last_known('value', 'same_place') }}) as filled_value
    from points
    window same_place as (
        partition by series_id, season_position
        order by step
        rows between 8 preceding and 1 preceding
    )

),

{{ level_ctes('filled', 'filled_value', 'median') }},

-- A median errs by 1.57 times what a mean does.
seasonal as (

    select
        *,
        {{ rolling_quantile('relative_value', 0.5, 'past_same_place') }} as factor,
        {{ rolling_quantile('relative_offset', 0.5, 'past_same_place') }} as offset_factor,
        1.57e0 / nullif(count(relative_value) over past_same_place, 0) as factor_error
    from leveled
    window past_same_place as (
        partition by series_id, season_position
        order by step
        rows between 13 preceding and 1 preceding
    )

),

{{ residual_ctes('seasonal', 'value') }},

-- Numbered among the points that deviations are compared with.
placed as (

    select
        residuals.*,
        {%- if news %}
        coalesce(last_places.place, 0) +
        {%- endif %}
        row_number() over (
            partition by residuals.series_id, residuals.scale_class
            order by residuals.step
        ) as place
    from residuals
    {%- if news %}
    left join last_places
        on residuals.series_id = last_places.series_id
        and residuals.scale_class = last_places.scale_class
    where {{ is_news(news) }}
    {%- endif %}

),

{#- Of what grows the median of four seasons lags: residuals lie above 0. -#}
{{ over_past('scaled', 'placed', {
    'scale': mad_scale('residual', past),
    'usual_residual':
        'case when count(residual)' ~ in_past ~ ' >= 14 then '
        ~ rolling_quantile('residual', 0.5, past) ~ ' else 0e0 end',
}, ['residual'], news) }},

cleaned as (

    select
        scaled.series_id,
        scaled.grain,
        scaled.step,
        scaled.scale_class,
        scaled.place,
        case
            -- Beyond two and a half scales.
            when
                scaled.value is null
                or abs(scaled.residual - scaled.usual_residual) > 2.5e0 * scaled.scale
                then coalesce(scaled.expected, scaled.filled_value)
            else scaled.value
        end as training_value,
        scaled.residual,
        scaled.scale as coarse_scale,
        scaled.period_start
    from scaled
    {%- if news %}
    union all
    select
        {%- for column in [
            'series_id', 'grain', 'step', 'scale_class', 'place', 'training_value',
            'residual', 'coarse_scale', 'period_start',
        ] %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stored
    {%- endif %}

),

told_on as (

    select
        cleaned.*,
        prints.points_print,
        {{ news_columns(news) }}
    from cleaned
    cross join prints

)

select * from told_on
{%- endif %}
