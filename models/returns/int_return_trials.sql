-- One row per (candidate, order tried): a probability by a model that did not learn from
-- the order, beside what happened. Test: the models that score; validation: the models
-- that chose between them, before calibration.
with

scores as (

    select *
    from {{ ref('int_return_scores') }}

),

examples as (

    select
        order_id,
        outcome
    from {{ ref('int_return_examples') }}
    where data_split = 'test'

),

validation as (

    select
        candidate,
        setting,
        order_id,
        outcome,
        probability
    from {{ ref('int_return_validation') }}

),

choice as (

    select
        candidate,
        setting
    from {{ ref('int_return_choice') }}

),

trials as (

    {%- for candidate in return_candidates() %}
    select
        '{{ candidate }}' as candidate,
        'test' as data_split,
        scores.order_id,
        cast(examples.outcome as integer) as outcome,
        scores.{{ candidate }} as probability
    from scores
    inner join examples
        on scores.order_id = examples.order_id
    where scores.{{ candidate }} is not null
    union all
    {%- endfor %}
    select
        validation.candidate,
        'validation' as data_split,
        validation.order_id,
        validation.outcome,
        validation.probability
    from validation
    inner join choice
        on validation.candidate = choice.candidate
        and validation.setting = choice.setting

)

select * from trials
