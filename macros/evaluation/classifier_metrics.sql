{% macro classifier_metrics(source) %}
{#-
    Query: how good probabilities are, one row per (candidate, data_split, metric).

    Arguments:
        source: a CTE with candidate, data_split, outcome (0 or 1) and probability
            (0 to 1); rows where either of the two last is NULL are left out.
    Metrics:
        customers, outcome_rate, mean_probability
        auc_roc: chance that a random 1 is scored above a random 0, ties half.
        pr_auc: average precision over all thresholds, equal scores one threshold.
        brier_score, log_loss: mean squared and logarithmic error.
        calibration_slope, calibration_intercept: logistic regression of the outcome
            on the log-odds, by Newton's method; 1 and 0 are perfect.
    NULL where a metric has no value: one outcome only, or equal scores for all.
    Log-odds are kept within those of 1e-6 and 1 - 1e-6.
-#}
{%- set clipped = 'least(1 - 1e-6, greatest(1e-6, probability))' -%}
{%- set iterations = 12 -%}
    with

    scored as (

        select
            candidate,
            data_split,
            cast(outcome as double) as outcome,
            cast(probability as double) as probability,
            ln({{ clipped }} / (1 - {{ clipped }})) as log_odds
        from {{ source }}
        where
            outcome is not null
            and probability is not null

    ),

    -- One row a threshold: who stands at it, above it and below it.
    thresholds as (

        select
            candidate,
            data_split,
            probability,
            sum(outcome) as ones,
            sum(1 - outcome) as zeros
        from scored
        group by candidate, data_split, probability

    ),

    ordered as (

        select
            candidate,
            data_split,
            ones,
            zeros,
            sum(zeros) over (
                partition by candidate, data_split
                order by probability
                rows between unbounded preceding and current row
            ) - zeros as zeros_below,
            sum(ones) over (
                partition by candidate, data_split
                order by probability desc
                rows between unbounded preceding and current row
            ) as ones_from_here,
            sum(ones + zeros) over (
                partition by candidate, data_split
                order by probability desc
                rows between unbounded preceding and current row
            ) as scored_from_here
        from thresholds

    ),

    rankings as (

        select
            candidate,
            data_split,
            sum(ones * (zeros_below + zeros / 2))
                / nullif(sum(ones) * sum(zeros), 0e0) as auc_roc,
            {{ stable_sum('ones * ones_from_here / scored_from_here', decimals=12) }}
                / nullif(sum(ones), 0e0)
                * case when sum(zeros) > 0 then 1 end as pr_auc
        from ordered
        group by candidate, data_split

    ),

    errors as (

        select
            candidate,
            data_split,
            count(*) as customers,
            avg(outcome) as outcome_rate,
            {{ stable_sum('probability') }} / count(*) as mean_probability,
            {{ stable_sum('(probability - outcome) * (probability - outcome)') }}
                / count(*) as brier_score,
            {{ stable_sum(
                '-(outcome * ln(' ~ clipped ~ ') + (1 - outcome) * ln(1 - ' ~ clipped ~ '))'
            ) }} / count(*) as log_loss,
            min(log_odds) < max(log_odds)
            and min(outcome) < max(outcome) as can_be_calibrated
        from scored
        group by candidate, data_split

    ),

    calibration_0 as (

        select
            candidate,
            data_split,
            0e0 as intercept,
            1e0 as slope,
            0e0 as last_step
        from errors
        where can_be_calibrated

    ),
    {%- for number in range(1, iterations + 1) %}
    {%- set before = 'calibration_' ~ (number - 1) %}
    {%- set fitted = '(1 / (1 + exp(-(' ~ before ~ '.intercept + ' ~ before
        ~ '.slope * scored.log_odds))))' %}

    sums_{{ number }} as (

        select
            scored.candidate,
            scored.data_split,
            max({{ before }}.intercept) as intercept,
            max({{ before }}.slope) as slope,
            {{ stable_sum('scored.outcome - ' ~ fitted) }} as residual,
            {{ stable_sum('(scored.outcome - ' ~ fitted ~ ') * scored.log_odds') }}
                as residual_x,
            {{ stable_sum(fitted ~ ' * (1 - ' ~ fitted ~ ')') }} as weight,
            {{ stable_sum(fitted ~ ' * (1 - ' ~ fitted ~ ') * scored.log_odds') }}
                as weight_x,
            {{ stable_sum(
                fitted ~ ' * (1 - ' ~ fitted ~ ') * scored.log_odds * scored.log_odds'
            ) }} as weight_xx
        from scored
        inner join {{ before }}
            on scored.candidate = {{ before }}.candidate
            and scored.data_split = {{ before }}.data_split
        group by scored.candidate, scored.data_split

    ),

    calibration_{{ number }} as (

        select
            candidate,
            data_split,
            intercept + (weight_xx * residual - weight_x * residual_x)
                / nullif(weight * weight_xx - weight_x * weight_x, 0e0) as intercept,
            slope + (weight * residual_x - weight_x * residual)
                / nullif(weight * weight_xx - weight_x * weight_x, 0e0) as slope,
            (weight * residual_x - weight_x * residual)
                / nullif(weight * weight_xx - weight_x * weight_x, 0e0) as last_step
        from sums_{{ number }}

    ),
    {%- endfor %}

    measured as (

        select
            errors.candidate,
            errors.data_split,
            cast(errors.customers as double) as customers,
            errors.outcome_rate,
            errors.mean_probability,
            rankings.auc_roc,
            rankings.pr_auc,
            errors.brier_score,
            errors.log_loss,
            -- Scores that tell the outcomes apart without a miss have no slope.
            case when abs(calibration.last_step) < 1e-6 then calibration.slope end
                as calibration_slope,
            case when abs(calibration.last_step) < 1e-6 then calibration.intercept end
                as calibration_intercept
        from errors
        inner join rankings
            on errors.candidate = rankings.candidate
            and errors.data_split = rankings.data_split
        left join calibration_{{ iterations }} as calibration
            on errors.candidate = calibration.candidate
            and errors.data_split = calibration.data_split

    )

    {%- for metric in [
        'customers', 'outcome_rate', 'mean_probability', 'auc_roc', 'pr_auc',
        'brier_score', 'log_loss', 'calibration_slope', 'calibration_intercept',
    ] %}

    select
        candidate,
        data_split,
        '{{ metric }}' as metric,
        {{ metric }} as value
    from measured
    {{- '' if loop.last else '\n    union all' }}
    {%- endfor %}
{% endmacro %}
