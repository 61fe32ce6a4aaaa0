{% macro return_model_columns(kinds) %}
{#-
    The columns of int_return_features that the return model sees, in order.

    Arguments:
        kinds: the kinds of the extra columns, see return_extra_kinds.
    Returns a list of dicts:
        name     the column
        feature  what people call the thing it tells of; several columns may tell of
                 one, and their contributions add up to its contribution
        value    column of int_return_orders or int_return_features that holds what
                 the feature was for an order
-#}
{%- set columns = [] -%}
{%- for name, feature, value in [
    ('order_value', 'order_value', 'features.order_value'),
    ('order_value__to_category', 'order_value', 'features.order_value'),
    ('discount_share', 'discount_share', 'features.discount_share'),
    ('tenure', 'tenure', 'features.tenure'),
    ('weekday', 'weekday', 'features.weekday'),
    ('shipping_method__return_rate', 'shipping_method', 'orders.shipping_method'),
    ('product_category__return_rate', 'product_category', 'orders.product_category'),
    ('customer_history__return_rate', 'customer_return_rate',
        'features.customer_history__return_rate'),
    ('customer_history__known_orders', 'customer_return_rate',
        'features.customer_history__return_rate'),
    ('customer_orders__before', 'customer_orders', 'features.customer_orders__before'),
    ('customer_orders__days_since', 'customer_orders', 'features.customer_orders__before'),
    ('basket', 'orders_at_once', 'features.basket'),
] -%}
    {%- do columns.append({'name': name, 'feature': feature, 'value': value}) -%}
{%- endfor -%}
{%- set taken = columns | map(attribute='feature') | list -%}
{%- for extra in return_extra_features() -%}
    {%- set feature = extra.column if extra.name in taken else extra.name -%}
    {%- if kinds[extra.column] == 'categorical' -%}
        {%- for what in ['return_rate', 'to_value', 'in_basket'] -%}
            {%- do columns.append({
                'name': extra.column ~ '__' ~ what, 'feature': feature,
                'value': 'orders.' ~ extra.column}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do columns.append({
            'name': extra.column, 'feature': feature, 'value': 'features.' ~ extra.column}) -%}
    {%- endif -%}
{%- endfor -%}
{{ return(columns) }}
{% endmacro %}
