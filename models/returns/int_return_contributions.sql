-- One row per (order, feature): how far the feature moves the calibrated log-odds of a
-- return from where the model starts. Contributions of columns that tell of one feature
-- are added up. No row where the base rate scores: it has no reasons.
{%- set columns = return_model_columns(return_extra_kinds(ref('stg_orders'))) %}
{%- set edge_columns = {'order_id': 'string'} %}
{%- for column in columns %}
{%- do edge_columns.update({'shap_' ~ column.name: 'double'}) %}
{%- endfor %}
{%- set features = columns | map(attribute='feature') | unique | list %}
with

shap_values as (

    {{ python_edge_rows(ref('ml_return_scores'), edge_columns) }}

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
        shap_values.order_id,
        {%- for feature in features %}
        scores.slope * (
            {%- for column in columns if column.feature == feature %}
            {{- ' + ' if not loop.first }}shap_values.shap_{{ column.name }}
            {%- endfor -%}
        ) as shap_{{ loop.index }},
        {%- set value = (columns | selectattr('feature', 'equalto', feature) | first).value %}
        {%- if value.startswith('orders.') %}
        {{ value }} as value_{{ loop.index }}{{ ',' if not loop.last }}
        {%- else %}
        cast(round({{ value }}, 4) as {{ dbt.type_string() }}) as value_{{ loop.index }}
        {{- ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
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
