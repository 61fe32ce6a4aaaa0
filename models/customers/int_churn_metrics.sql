-- One row per (model, candidate, split, metric): how good the churn model is. Test: a
-- horizon before as_of, by models that knew nothing later. Validation: the newest
-- model's training customers, each scored by a half that was fitted without them.
with

predictions as (

    select
        data_split,
        customer_id,
        snapshot_date,
        churned,
        gradient_boosting,
        logistic_regression,
        base_rate
    from {{ ref('int_churn_predictions') }}
    where data_split in ('test', 'validation')

),

snapshots as (

    select
        snapshot_date,
        customer_id,
        total_orders,
        days_since_last_order
    from {{ ref('int_customer_snapshots') }}

),

scored as (

    {%- for candidate in churn_candidates() %}
    select
        '{{ candidate }}' as candidate,
        data_split,
        customer_id,
        snapshot_date,
        churned as outcome,
        {{ candidate }} as probability
    from predictions
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

probability_metrics as (

    {{ binary_metrics(
        'scored', ['candidate', 'data_split'], 'outcome', 'probability'
    ) | indent(4) }}

),

flagged as (

    select
        scored.candidate,
        scored.data_split,
        scored.outcome,
        {{ is_at_risk(
            'scored.candidate',
            'scored.probability',
            'snapshots.total_orders',
            'snapshots.days_since_last_order',
        ) }} as is_at_risk
    from scored
    inner join snapshots
        on scored.snapshot_date = snapshots.snapshot_date
        and scored.customer_id = snapshots.customer_id
    where
        scored.outcome is not null
        -- Of those who can be at risk at all.
        and snapshots.total_orders >= 2
        and snapshots.days_since_last_order <= {{ integer_setting('lapsed_after_days') }}

),

flag_counts as (

    select
        candidate,
        data_split,
        count(case when is_at_risk then 1 end) as flagged,
        count(case when is_at_risk and outcome = 1 then 1 end) as flagged_and_lost,
        count(case when outcome = 1 then 1 end) as lost
    from flagged
    where is_at_risk is not null
    group by candidate, data_split

),

flag_metrics as (

    select
        candidate,
        data_split,
        'at_risk_precision' as metric,
        flagged_and_lost / nullif(cast(flagged as double), 0e0) as value
    from flag_counts
    union all
    select
        candidate,
        data_split,
        'at_risk_recall' as metric,
        flagged_and_lost / nullif(cast(lost as double), 0e0) as value
    from flag_counts

),

metrics as (

    select
        'churn_risk' as model_name,
        candidate,
        data_split,
        metric,
        value
    from probability_metrics
    union all
    select
        'churn_risk' as model_name,
        candidate,
        data_split,
        metric,
        value
    from flag_metrics

)

select * from metrics
