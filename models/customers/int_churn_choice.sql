-- At most one row: the candidate that scores customers, by its out-of-fold error on the
-- newest model's training customers. The test takes no part in the choice.
with

predictions as (

    select
        churned,
        gradient_boosting,
        logistic_regression,
        base_rate
    from {{ ref('int_churn_predictions') }}
    where
        data_split = 'validation'
        and churned is not null

),

errors as (

    {%- for candidate in churn_candidates() %}
    select
        '{{ candidate }}' as candidate,
        {{ loop.index }} as preference,
        count({{ candidate }}) as customers,
        {{ stable_sum('(' ~ candidate ~ ' - churned) * (' ~ candidate ~ ' - churned)') }}
        / nullif(count({{ candidate }}), 0) as brier_score
    from predictions
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

ranked as (

    select
        candidate,
        brier_score,
        row_number() over (order by brier_score, preference) as error_rank
    from errors
    where customers > 0

),

choice as (

    select
        candidate,
        brier_score
    from ranked
    where error_rank = 1

)

select * from choice
