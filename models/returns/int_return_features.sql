-- One row per order: everything that the return model may know of it, as numbers. All
-- of it stands in the order itself, in what the customer orders at the same moment, or
-- in what was known on the evening before the order's day.
{%- set orders_relation = ref('stg_orders') %}
{%- set kinds = return_extra_kinds(orders_relation) %}
{%- set extras = return_extra_features() %}
{%- set categorical = [] %}
{%- for feature in extras if kinds[feature.column] == 'categorical' %}
{%- do categorical.append(feature.column) %}
{%- endfor %}
with

orders as (

    select
        *,
        1 as one
    from {{ ref('int_return_orders') }}

),

{{ return_history_ctes('all', 'one') }},

{{ return_history_ctes('customer', 'customer_id') }},

{% for category in ['product_category', 'shipping_method'] + categorical -%}
{{ return_history_ctes(category, category) }},

{% endfor -%}

customer_days as (

    select
        value,
        day_number,
        lag(day_number) over (partition by value order by day_number) as previous_day_number
    from daily_customer

),

baskets as (

    select
        order_id,
        {%- for category in categorical %}
        count(*) over (partition by customer_id, ordered_at, {{ category }})
            as {{ category }}_in_basket,
        {%- endfor %}
        count(*) over (partition by customer_id, ordered_at) as basket_orders
    from orders
    where customer_id is not null

),

features as (

    select
        orders.order_id,
        orders.order_value,
        orders.order_value / nullif(history_product_category.value_before, 0e0)
            as order_value__to_category,
        orders.discount_share,
        orders.tenure,
        cast((orders.day_number + 3) % 7 + 1 as double) as weekday,
        {{ known_return_rate('history_shipping_method') }} as shipping_method__return_rate,
        {{ known_return_rate('history_product_category') }} as product_category__return_rate,
        case
            when orders.customer_id is not null
                then {{ known_return_rate('history_customer') }}
        end as customer_history__return_rate,
        cast(history_customer.known_orders as double) as customer_history__known_orders,
        cast(history_customer.orders_before as double) as customer_orders__before,
        cast(orders.day_number - customer_days.previous_day_number as double)
            as customer_orders__days_since,
        {%- for feature in extras %}
        {%- if kinds[feature.column] == 'categorical' %}
        {{ known_return_rate('history_' ~ feature.column) }} as {{ feature.column }}__return_rate,
        orders.order_value / nullif(history_{{ feature.column }}.value_before, 0e0)
            as {{ feature.column }}__to_value,
        cast(coalesce(baskets.{{ feature.column }}_in_basket, 1) as double)
            as {{ feature.column }}__in_basket,
        {%- else %}
        orders.{{ feature.column }},
        {%- endif %}
        {%- endfor %}
        cast(coalesce(baskets.basket_orders, 1) as double) as basket
    from orders
    inner join history_all
        on orders.day_number = history_all.day_number
    left join history_customer
        on orders.customer_id = history_customer.value
        and orders.day_number = history_customer.day_number
    left join customer_days
        on orders.customer_id = customer_days.value
        and orders.day_number = customer_days.day_number
    {%- for category in ['product_category', 'shipping_method'] + categorical %}
    left join history_{{ category }}
        on orders.{{ category }} = history_{{ category }}.value
        and orders.day_number = history_{{ category }}.day_number
    {%- endfor %}
    left join baskets
        on orders.order_id = baskets.order_id

)

select * from features
