-- The reasons of an order add up to its log-odds less those that the model starts from,
-- and the log-odds are those of its probability. Every order has reasons, unless the base
-- rate scores.
with

reasons as (

    select
        order_id,
        count(*) as reasons,
        sum(shap_value) as shap_total
    from {{ ref('return_reasons') }}
    group by order_id

),

predictions as (

    select
        order_id,
        candidate,
        return_probability,
        log_odds,
        base_log_odds
    from {{ ref('return_predictions') }}
    where return_probability is not null

)

select
    predictions.order_id,
    predictions.candidate,
    predictions.log_odds,
    predictions.base_log_odds,
    reasons.shap_total
from predictions
left join reasons
    on predictions.order_id = reasons.order_id
where
    (
        predictions.candidate <> 'base_rate'
        and coalesce(
            abs(predictions.base_log_odds + reasons.shap_total - predictions.log_odds), 1e0
        ) > 1e-6
    )
    or (predictions.candidate = 'base_rate' and reasons.reasons > 0)
    or abs(
        1e0 / (1e0 + exp(-predictions.log_odds)) - predictions.return_probability
    ) > 1e-9
