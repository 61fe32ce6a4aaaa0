{% macro binary_metrics(relation, by, label='label', score='score') %}
{#-
    Query: every metric of a probability `score` for a `label` (boolean or 0/1),
    one row a group of the columns `by` (a list, not empty) of `relation` and
    metric.

    Columns: by..., metric, value (double).  Metrics:
        observations, outcome_rate  how many rows, and their share of positives
        mean_probability            mean of the score
        auc_roc, pr_auc             see ranking_metrics
        brier_score, log_loss       see the macros of these names
        calibration_intercept, calibration_slope      see calibration_line
    NULL where a metric is not defined.  Rows with a NULL do not count.
-#}
{%- set keys = by | join(', ') -%}
{%- set metrics = [
    'observations', 'outcome_rate', 'mean_probability', 'auc_roc', 'pr_auc', 'brier_score',
    'log_loss', 'calibration_intercept', 'calibration_slope',
] -%}
with

ranking as (

    {{ ranking_metrics(relation, by, label, score) | indent(4) }}

),

calibration as (

    {{ calibration_line(relation, by, label, score) | indent(4) }}

),

losses as (

    select
        {{ keys }},
        {{ stable_sum(score) }} / count(*) as mean_probability,
        {{ brier_score(label, score) }} as brier_score,
        {{ log_loss(label, score) }} as log_loss
    from {{ relation }}
    where {{ label }} is not null and {{ score }} is not null
    group by {{ keys }}

),

side_by_side as (

    select
        {%- for key in by %}
        ranking.{{ key }},
        {%- endfor %}
        cast(ranking.observations as double) as observations,
        cast(ranking.positives as double) / ranking.observations as outcome_rate,
        losses.mean_probability,
        ranking.auc_roc,
        ranking.pr_auc,
        losses.brier_score,
        losses.log_loss,
        calibration.calibration_intercept,
        calibration.calibration_slope
    from ranking
    {%- for other in ['losses', 'calibration'] %}
    inner join {{ other }}
        on
            {%- for key in by %}
            ranking.{{ key }} = {{ other }}.{{ key }}
            {{- ' and' if not loop.last }}
            {%- endfor %}
    {%- endfor %}

)

select
    {%- for key in by %}
    side_by_side.{{ key }},
    {%- endfor %}
    metrics.metric,
    case metrics.metric
        {%- for metric in metrics %}
        when '{{ metric }}' then side_by_side.{{ metric }}
        {%- endfor %}
    end as value
from side_by_side
cross join (
    values
    {%- for metric in metrics %}
    ('{{ metric }}'){{ ',' if not loop.last }}
    {%- endfor %}
) as metrics (metric)
{%- endmacro %}
