-- One row per (candidate, split, metric): how good the return model is, on orders that it
-- did not learn from.
with

trials as (

    select
        candidate,
        data_split,
        outcome,
        probability
    from {{ ref('int_return_trials') }}

),

measured as (

    {{ binary_metrics('trials', ['candidate', 'data_split'], 'outcome', 'probability')
        | indent(4) }}

),

metrics as (

    select
        'return_predictions' as model_name,
        candidate,
        data_split,
        metric,
        value
    from measured

)

select * from metrics
