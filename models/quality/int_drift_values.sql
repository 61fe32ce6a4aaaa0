-- One row per (model, feature, example): what a model learned from, and what it scores
-- now. Numbers stand in number, texts in category. What only grows with time (tenure,
-- orders so far) is left out: it always differs, and says nothing.
{%- set kinds = return_extra_kinds(ref('stg_orders')) %}
{%- set numbers = {'order_value': 'order_value', 'discount_share': 'discount_share'} %}
{%- set texts = {
    'product_category': 'product_category', 'shipping_method': 'shipping_method',
} %}
{%- for column in return_model_columns(kinds) if column.value.split('.')[1].startswith('extra_') %}
{%- set name = column.value.split('.')[1] %}
{%- do (texts if kinds[name] == 'categorical' else numbers).update({column.feature: name}) %}
{%- endfor %}
with

return_orders as (

    select *
    from {{ ref('int_return_orders') }}

),

return_examples as (

    select
        order_id,
        data_split,
        is_learnt_from
    from {{ ref('int_return_examples') }}
    where
        is_learnt_from
        or data_split = 'open'

),

return_scores as (

    select
        order_id,
        probability
    from {{ ref('int_return_scores') }}

),

returns_seen as (

    select
        return_examples.data_split = 'open' as is_now,
        {%- for column in numbers.values() %}
        return_orders.{{ column }},
        {%- endfor %}
        {%- for column in texts.values() %}
        return_orders.{{ column }},
        {%- endfor %}
        return_scores.probability
    from return_examples
    inner join return_orders
        on return_examples.order_id = return_orders.order_id
    left join return_scores
        on return_examples.order_id = return_scores.order_id

),

churn_cutoffs as (

    select
        score_date,
        cutoff_date
    from {{ ref('int_churn_cutoffs') }}
    where data_split = 'open'

),

churn_dates as (

    select distinct
        cutoff_date as snapshot_date,
        false as is_now
    from churn_cutoffs
    union all
    select distinct
        score_date as snapshot_date,
        true as is_now
    from churn_cutoffs

),

churn_seen as (

    select
        churn_examples.*,
        churn_dates.is_now
    from {{ ref('int_churn_examples') }} as churn_examples
    inner join churn_dates
        on churn_examples.snapshot_date = churn_dates.snapshot_date
    where
        (churn_dates.is_now and churn_examples.is_scored)
        or (not churn_dates.is_now and churn_examples.is_training_example)

),

churn_choice as (

    select candidate
    from {{ ref('int_churn_choice') }}

),

churn_scores as (

    select
        churn_predictions.data_split = 'open' as is_now,
        case churn_choice.candidate
            {%- for candidate in churn_candidates() %}
            when '{{ candidate }}' then churn_predictions.{{ candidate }}
            {%- endfor %}
        end as probability
    from {{ ref('int_churn_predictions') }} as churn_predictions
    cross join churn_choice
    where churn_predictions.data_split in ('open', 'validation')

),

drift_values as (

    {%- for feature, column in numbers.items() %}
    select
        'return_predictions' as model_name,
        '{{ feature }}' as feature,
        is_now,
        {{ column }} as number,
        cast(null as {{ dbt.type_string() }}) as category
    from returns_seen
    union all
    {%- endfor %}
    {%- for feature, column in texts.items() %}
    select
        'return_predictions' as model_name,
        '{{ feature }}' as feature,
        is_now,
        cast(null as double) as number,
        {{ column }} as category
    from returns_seen
    union all
    {%- endfor %}
    select
        'return_predictions' as model_name,
        'score' as feature,
        is_now,
        probability as number,
        cast(null as {{ dbt.type_string() }}) as category
    from returns_seen
    where probability is not null
    union all
    {%- for feature in churn_features() if feature not in ['tenure', 'days_since_first_order'] %}
    select
        'churn_risk' as model_name,
        '{{ feature }}' as feature,
        is_now,
        {{ feature }} as number,
        cast(null as {{ dbt.type_string() }}) as category
    from churn_seen
    union all
    {%- endfor %}
    select
        'churn_risk' as model_name,
        'score' as feature,
        is_now,
        probability as number,
        cast(null as {{ dbt.type_string() }}) as category
    from churn_scores
    where probability is not null

)

select * from drift_values
