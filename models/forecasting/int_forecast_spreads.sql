-- One row per (series, grain, model, origin, step): how far from the forecast 80 and
-- 95 in 100 values lie, in units of the forecast. Known at the origin: only errors
-- whose period had come by then take part.
--
-- The size of errors is that of the step and those close to it; how many times that
-- size 80 and 95 in 100 errors stay within is learnt from all steps together. Of few
-- backtests the tails are not known: there the t distribution says how wide.
{%- set half_trusted = '4e0' %}
with

paths as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        is_closed,
        abs(error) / nullif(unit, 0e0) as relative_error
    from {{ ref('int_forecast_paths') }}

),

grains as (

    select
        grain,
        origin_step,
        pooled_steps,
        errors_overlap
    from {{ ref('int_forecast_grains') }}

),

earlier as (

    select
        series,
        grain,
        model,
        step,
        relative_error,
        origin_index + step as known_from_index
    from paths
    -- On days on which the shop is closed nothing can be missed.
    where relative_error is not null and not is_closed

),

origins as (

    select distinct
        series,
        grain,
        model,
        origin_index
    from paths

),

step_errors as (

    select
        origins.series,
        origins.grain,
        origins.model,
        origins.origin_index,
        earlier.step,
        {{ stable_sum('earlier.relative_error') }} as error_sum,
        count(*) as errors
    from origins
    inner join earlier
        on origins.series = earlier.series
        and origins.grain = earlier.grain
        and origins.model = earlier.model
        and origins.origin_index >= earlier.known_from_index
    group by
        origins.series,
        origins.grain,
        origins.model,
        origins.origin_index,
        earlier.step

),

sizes as (

    select
        paths.series,
        paths.grain,
        paths.model,
        paths.origin_index,
        paths.step,
        paths.is_closed,
        {{ stable_sum('step_errors.error_sum') }} / sum(step_errors.errors) as mean_error,
        max(step_errors.errors) as backtests,
        -- Backtests that start closer together than they reach ahead share periods:
        -- so many of them tell as much as one.
        case
            when max(case when grains.errors_overlap then 1 else 0 end) = 1
                then greatest(1e0, cast(paths.step as double) / max(grains.origin_step))
            else 1e0
        end as overlap
    from paths
    inner join grains
        on paths.grain = grains.grain
    inner join step_errors
        on paths.series = step_errors.series
        and paths.grain = step_errors.grain
        and paths.model = step_errors.model
        and paths.origin_index = step_errors.origin_index
        and paths.step between step_errors.step - grains.pooled_steps
        and step_errors.step + grains.pooled_steps
    group by
        paths.series,
        paths.grain,
        paths.model,
        paths.origin_index,
        paths.step,
        paths.is_closed

),

shapes as (

    select
        sizes.series,
        sizes.grain,
        sizes.model,
        sizes.origin_index,
        {%- for level in normal_quantiles() %}
        percentile_cont({{ level / 100 }}) within group (
            order by earlier.relative_error / nullif(sizes.mean_error, 0e0)
        ) as multiple_{{ level }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from sizes
    inner join earlier
        on sizes.series = earlier.series
        and sizes.grain = earlier.grain
        and sizes.model = earlier.model
        and sizes.step = earlier.step
        and sizes.origin_index >= earlier.known_from_index
    group by
        sizes.series,
        sizes.grain,
        sizes.model,
        sizes.origin_index

),

measured as (

    select
        sizes.series,
        sizes.grain,
        sizes.model,
        sizes.origin_index,
        sizes.step,
        sizes.mean_error,
        {%- for level in normal_quantiles() %}
        -- Where no forecast has ever erred.
        coalesce(shapes.multiple_{{ level }}, 0e0) as multiple_{{ level }},
        {%- endfor %}
        greatest(1e0, sizes.backtests / sizes.overlap) as independent_backtests,
        sizes.backtests
    from sizes
    inner join shapes
        on sizes.series = shapes.series
        and sizes.grain = shapes.grain
        and sizes.model = shapes.model
        and sizes.origin_index = shapes.origin_index
    where sizes.backtests >= 2 and not sizes.is_closed

),

weighted as (

    select
        *,
        1e0 / (
            1e0
            + independent_backtests / {{ half_trusted }}
            * independent_backtests / {{ half_trusted }}
        ) as weight_of_theory
    from measured

),

spreads as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        {%- for level, quantile in normal_quantiles().items() %}
        -- The mean size of normal errors is their deviation times the root of 2 / pi.
        round(
            mean_error * (
                (1e0 - weight_of_theory) * multiple_{{ level }}
                + weight_of_theory * {{ quantile }} * 1.2533141373155003e0
                * {{ t_widening(level, 'independent_backtests') }}
            ),
            12
        ) as spread_{{ level }},
        {%- endfor %}
        backtests
    from weighted

)

select * from spreads
