-- One row per (order, feature): how far the feature moves the calibrated log-odds of a
-- return from where the model starts. Contributions of columns that tell of one feature
-- are added up. No row where the base rate scores: it has no reasons.
{%- set columns = return_model_columns(return_extra_kinds(ref('stg_orders'))) %}
{%- set edge_columns = {'order_id': 'string'} %}
{%- for column in columns %}
{%- do edge_columns.update({'shap_' ~ column.name: 'double'}) %}
{%- endfor %}
{%- set features = columns | map(attribute='feature') | unique | list %}
{%- set sums, values = {}, {} %}
{%- for column in columns %}
{%- do sums.setdefault(column.feature, []).append('shap_values.shap_' ~ column.name) %}
{%- do values.setdefault(column.feature,
    column.value if column.value.startswith('orders.')
    else 'cast(round(' ~ column.value ~ ', 4) as ' ~ dbt.type_string() ~ ')') %}
{%- endfor %}
with

shap_values as (

    {{ edge_rows('ml_return_scores', edge_columns.items()) }}

),

scores as (

    select
        order_id,
        slope
    from {{ ref('int_return_scores') }}
    where candidate <> 'base_rate'

),

orders as (

    select *
    from {{ ref('int_return_orders') }}

),

features as (

    select *
    from {{ ref('int_return_features') }}

),

side_by_side as (

    select
        {%- for feature in features %}
        scores.slope * ({{ sums[feature] | join(' + ') }}) as shap_{{ loop.index }},
        {{ values[feature] }} as value_{{ loop.index }},
        {%- endfor %}
        shap_values.order_id
    from shap_values
    inner join scores
        on shap_values.order_id = scores.order_id
    inner join orders
        on shap_values.order_id = orders.order_id
    inner join features
        on shap_values.order_id = features.order_id

),

contributions as (

    {%- for feature in features %}
    select
        order_id,
        '{{ feature }}' as feature,
        value_{{ loop.index }} as feature_value,
        shap_{{ loop.index }} as shap_value
    from side_by_side
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from contributions
