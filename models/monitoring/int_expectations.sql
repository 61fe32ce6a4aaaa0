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
        training_value
    from {{ ref('int_coarse_expectations') }}

),

joined as (

    select
        points.*,
        training_values.training_value
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

-- A mean of few values is not safe from one of them.
seasonal as (

    select
        *,
        case when past_values < 4 then median_factor else mean_factor end as factor
    from averaged

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
