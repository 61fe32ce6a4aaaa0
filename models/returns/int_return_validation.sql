-- One row per (candidate, setting, order tried): what models that knew nothing later
-- said of an order, and what happened. None where the Python models were left out.
{%- set columns = {
    'fit': 'string',
    'candidate': 'string',
    'setting': 'string',
    'order_id': 'string',
    'log_odds': 'double',
} %}
with

scores as (

    {{ edge_rows('ml_return_validation', columns.items()) }}

),

examples as (

    select
        order_id,
        outcome
    from {{ ref('int_return_examples') }}
    where data_split = 'train'

),

validation as (

    select
        scores.fit,
        scores.candidate,
        scores.setting,
        scores.order_id,
        cast(examples.outcome as integer) as outcome,
        {{ log_odds_probability('scores.log_odds') }} as probability
    from scores
    inner join examples
        on scores.order_id = examples.order_id

)

select * from validation
