{% macro calibration_line(relation, by, label='label', score='score', steps=12) %}
{#-
    Query: the logistic recalibration of `score` (a probability), one row a group
    of the columns `by` (a list, not empty) of `relation`: the maximum-likelihood
    fit of log-odds(label) = intercept + slope x log-odds(score).

    Columns: by..., calibration_intercept, calibration_slope.  A calibrated score
    has 0 and 1; a slope below 1 says that it is too sure of itself.
    Cox (1958), Two further applications of a model for binary regression.

    The fit is `steps` steps of Newton's method, written out, from the model
    without slope.  Scores are kept 1e-15 away from 0 and 1.  NULL where the fit
    is not defined or not reached: one class, one score, classes that the score
    separates.  Rows with a NULL do not count.
-#}
{%- set keys = by | join(', ') -%}
{%- set kept = 'least(greatest(cast(' ~ score ~ ' as double), 1e-15), 1e0 - 1e-15)' -%}
with

points as (

    select
        {{ keys }},
        cast({{ label }} as integer) as outcome,
        ln({{ kept }} / (1e0 - {{ kept }})) as log_odds
    from {{ relation }}
    where {{ label }} is not null and {{ score }} is not null

),

centers as (

    select
        {{ keys }},
        {{ stable_sum('log_odds') }} / count(*) as center,
        cast(sum(outcome) as double) / count(*) as base_rate
    from points
    group by {{ keys }}

),

-- Centred: the two columns of the fit then hardly depend on each other.
centred as (

    select
        {%- for key in by %}
        points.{{ key }},
        {%- endfor %}
        points.outcome,
        points.log_odds - centers.center as distance
    from points
    inner join centers
        on
            {%- for key in by %}
            points.{{ key }} = centers.{{ key }}
            {{- ' and' if not loop.last }}
            {%- endfor %}

),

fit_0 as (

    select
        {{ keys }},
        center,
        case
            when base_rate > 0 and base_rate < 1
                then ln(base_rate / (1e0 - base_rate))
        end as level,
        0e0 as slope,
        1e0 as moved
    from centers

),
{%- for step in range(1, steps + 1) %}

predicted_{{ step }} as (

    select
        {%- for key in by %}
        fit_{{ step - 1 }}.{{ key }},
        {%- endfor %}
        fit_{{ step - 1 }}.center,
        fit_{{ step - 1 }}.level,
        fit_{{ step - 1 }}.slope,
        centred.outcome,
        centred.distance,
        1e0 / (1e0 + exp(-least(greatest(
            fit_{{ step - 1 }}.level + fit_{{ step - 1 }}.slope * centred.distance,
            -40e0
        ), 40e0))) as probability
    from fit_{{ step - 1 }}
    inner join centred
        on
            {%- for key in by %}
            fit_{{ step - 1 }}.{{ key }} = centred.{{ key }}
            {{- ' and' if not loop.last }}
            {%- endfor %}

),

sums_{{ step }} as (

    select
        {{ keys }},
        center,
        level,
        slope,
        {{ stable_sum('outcome - probability') }} as gradient_level,
        {{ stable_sum('(outcome - probability) * distance') }} as gradient_slope,
        {{ stable_sum('probability * (1e0 - probability)') }} as weight,
        {{ stable_sum('probability * (1e0 - probability) * distance') }}
            as weighted_distance,
        {{ stable_sum('probability * (1e0 - probability) * distance * distance') }}
            as weighted_square
    from predicted_{{ step }}
    group by {{ keys }}, center, level, slope

),

determined_{{ step }} as (

    select
        *,
        nullif(weight * weighted_square - power(weighted_distance, 2), 0e0)
            as determinant
    from sums_{{ step }}

),

fit_{{ step }} as (

    select
        {{ keys }},
        center,
        level + (
            weighted_square * gradient_level - weighted_distance * gradient_slope
        ) / determinant as level,
        slope + (
            weight * gradient_slope - weighted_distance * gradient_level
        ) / determinant as slope,
        abs((
            weight * gradient_slope - weighted_distance * gradient_level
        ) / determinant) as moved
    from determined_{{ step }}

),
{%- endfor %}

reached as (

    select
        {{ keys }},
        center,
        level,
        slope,
        coalesce(moved <= 1e-7 * (1e0 + abs(slope)), false) as is_reached
    from fit_{{ steps }}

)

select
    {{ keys }},
    case when is_reached then level - slope * center end as calibration_intercept,
    case when is_reached then slope end as calibration_slope
from reached
{%- endmacro %}
