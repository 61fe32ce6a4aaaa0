{% macro residual_ctes(source, measure) %}
{#-
    CTEs that end in `residuals`: the rows of the CTE `source`, which has grain,
    level, level_points, size, is_signed, factor, offset_factor and factor_error (the
    factor's variance in variances of one value), with

    expected  level times factor; level plus offset for series with negatives
    is_quiet  nothing is ever expected here (a closed weekday, a dead series)
    widening  how much surer a point is than its deviation: its expectation is a
              factor that errs by factor_error times a level, a mean of level_points
    residual  of days the natural logarithm of `measure` over expected, from -1.6 (a
              fifth, or less) up.  Of hours, whose counts are small, twice what the
              root of that ratio is over 1 (the two agree near 1): as the root of a
              Poisson count has, it has the same spread high and low.  A difference
              over the size for series with negatives;
              divided by widening.  NULL where quiet, or where either is unknown.
-#}
expectations as (

    select
        *,
        case
            when is_signed then level + offset_factor * size
            when level = 0 then 0e0
            else level * factor
        end as expected,
        sqrt(1e0 + factor_error + 1e0 / nullif(level_points, 0e0)) as widening,
        case
            when is_signed then size = 0
            else level = 0 or factor < 0.02e0
        end as is_quiet
    from {{ source }}

),

residuals as (

    select
        *,
        case
            -- greatest() passes over a NULL: ask first.
            when is_quiet or {{ measure }} is null or expected is null then null
            when is_signed then ({{ measure }} - expected) / size / widening
            when grain = 'hour' then 2e0 * (sqrt({{ measure }} / expected) - 1e0) / widening
            else ln(greatest({{ measure }} / expected, 0.2e0)) / widening
        end as residual
    from expectations

)
{%- endmacro %}
