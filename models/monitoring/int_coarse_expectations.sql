-- One row per point: its value as later points may learn from it. What was far off
-- the median of its past, and what a known event moved, is put back to what was
-- expected.
{%- set given = 'select ' ~ points_print() ~ ' from ' ~ ref('int_series_points') %}
{%- if is_judged_already(this, given) %}
select * from {{ this }}
{%- else %}
with

points as (

    select
        series_id,
        grain,
        step,
        season_length,
        season_position,
        scale_class,
        case when event_name is null and is_complete then value end as value
    from {{ ref('int_series_points') }}

),

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

scaled as (

    select
        *,
        {{ mad_scale('residual', 'past_deviations') }} as scale,
        -- Of what grows the median of four seasons lags: residuals lie above 0.
        case
            when count(residual) over past_deviations >= 14
                then {{ rolling_quantile('residual', 0.5, 'past_deviations') }}
            else 0e0
        end as usual_residual
    from residuals
    window past_deviations as (
        partition by series_id, scale_class
        order by step
        rows between 365 preceding and 1 preceding
    )

),

cleaned as (

    select
        scaled.series_id,
        scaled.step,
        case
            -- Beyond two and a half scales.
            when
                scaled.value is null
                or abs(scaled.residual - scaled.usual_residual) > 2.5e0 * scaled.scale
                then coalesce(scaled.expected, scaled.filled_value)
            else scaled.value
        end as training_value,
        scaled.scale as coarse_scale,
        prints.points_print
    from scaled
    cross join prints

)

select * from cleaned
{%- endif %}
