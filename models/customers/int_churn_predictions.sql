-- One row per (score date, split, snapshot date, customer): what the candidates said,
-- beside what happened where that is known. None where the Python models were left out.
{%- set columns = {
    'score_date': 'date',
    'snapshot_date': 'date',
    'customer_id': 'string',
    'data_split': 'string',
    'gradient_boosting': 'double',
    'logistic_regression': 'double',
    'base_rate': 'double',
} %}
with

scores as (

    {{ edge_rows('ml_churn_scores', columns.items()) }}

),

examples as (

    select
        snapshot_date,
        customer_id,
        churned
    from {{ ref('int_churn_examples') }}

),

predictions as (

    select
        scores.score_date,
        scores.data_split,
        scores.snapshot_date,
        scores.customer_id,
        examples.churned,
        scores.gradient_boosting,
        scores.logistic_regression,
        scores.base_rate
    from scores
    inner join examples
        on scores.snapshot_date = examples.snapshot_date
        and scores.customer_id = examples.customer_id

)

select * from predictions
