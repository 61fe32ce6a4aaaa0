-- One row per (series, grain, model, origin, step): how far from the forecast 80 and
-- 95 in 100 values lie, in units of the forecast. Known at the origin: only errors
-- whose period had come by then take part, of this step and of those close to it.
{%- set corrections = {80: '0.25e0', 95: '0.45e0'} %}
with

paths as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        abs(error) / nullif(unit, 0e0) as relative_error
    from {{ ref('int_forecast_paths') }}
    -- On days on which the shop is closed nothing can be missed.
    where not is_closed

),

grains as (

    select
        grain,
        origin_step,
        pooled_steps
    from {{ ref('int_forecast_grains') }}

),

earlier as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        relative_error,
        origin_index + step as known_from_index
    from paths
    where relative_error is not null

),

measured as (

    select
        paths.series,
        paths.grain,
        paths.model,
        paths.origin_index,
        paths.step,
        -- Backtests that start closer together than they reach ahead share periods:
        -- so many of them tell as much as one.
        greatest(1e0, cast(paths.step as double) / max(grains.origin_step)) as overlap,
        count(distinct earlier.origin_index) as backtests,
        percentile_cont(0.80) within group (order by earlier.relative_error) as quantile_80,
        percentile_cont(0.95) within group (order by earlier.relative_error) as quantile_95
    from paths
    inner join grains
        on paths.grain = grains.grain
    inner join earlier
        on paths.series = earlier.series
        and paths.grain = earlier.grain
        and paths.model = earlier.model
        and paths.origin_index >= earlier.known_from_index
        and abs(paths.step - earlier.step) <= grains.pooled_steps
    group by
        paths.series,
        paths.grain,
        paths.model,
        paths.origin_index,
        paths.step

),

-- Few backtests know little of the tails: what they know is widened, as the t
-- distribution does it for normal errors.
spreads as (

    select
        series,
        grain,
        model,
        origin_index,
        step,
        {%- for level, correction in corrections.items() %}
        round(quantile_{{ level }} * (1e0 + {{ correction }} * overlap / backtests), 12)
            as spread_{{ level }},
        {%- endfor %}
        backtests
    from measured
    where backtests >= 3

)

select * from spreads
