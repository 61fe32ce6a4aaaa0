-- One row per (model, candidate, split, metric): how good the models that predict are, on
-- what they did not learn from.
with

return_metrics as (

    select
        model_name,
        candidate,
        data_split,
        metric,
        value
    from {{ ref('int_return_metrics') }}

),

return_choice as (

    select
        'return_predictions' as model_name,
        candidate
    from {{ ref('int_return_choice') }}
    where is_selected

),

churn_metrics as (

    select
        model_name,
        candidate,
        data_split,
        metric,
        value
    from {{ ref('int_churn_metrics') }}

),

churn_choice as (

    select
        'churn_risk' as model_name,
        candidate
    from {{ ref('int_churn_choice') }}

),

metrics as (

    select * from return_metrics
    union all
    select * from churn_metrics

),

choices as (

    select * from return_choice
    union all
    select * from churn_choice

),

model_metrics as (

    select
        metrics.model_name,
        metrics.candidate,
        metrics.data_split,
        metrics.metric,
        choices.candidate is not null as is_selected,
        metrics.value
    from metrics
    left join choices
        on metrics.model_name = choices.model_name
        and metrics.candidate = choices.candidate

)

select * from model_metrics
