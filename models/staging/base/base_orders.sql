-- One row per raw order row, typed; defect says what is wrong with a
-- row that may not go on.
with

raw_orders as (

    select
        *,
        {{ clean_id('order_id') }} as order_id_clean,
        {{ clean_id('customer_id') }} as customer_id_clean,
        {{ raw_timestamp('orders', 'ordered_at') }} as ordered_at_parsed,
        {{ raw_amount('orders', 'order_value') }} as order_value_parsed,
        {{ raw_amount('orders', 'discount_amount') }} as discount_amount_parsed,
        coalesce(lower({{ collapse_blanks('status') }}), '') as status_alias
    from {{ source('raw', 'orders') }}

),

order_status_map as (

    select
        status as known_status,
        order_status,
        is_cancelled
    from {{ ref('order_status_map') }}

),

checked as (

    select
        raw_orders.*,
        order_status_map.*,
        {{ rejection(
            [(is_blank('orders', 'order_id'), 'missing order_id')]
            + timestamp_checks('orders', 'ordered_at')
            + amount_checks('orders', 'order_value')
            + amount_checks('orders', 'discount_amount', required=false)
            + [("status_alias <> '' and known_status is null", 'unknown status')]
        ) }} as defect
    from raw_orders
    left join order_status_map
        on raw_orders.status_alias = order_status_map.known_status

),

judged as (

    select
        order_id_clean as order_id,
        customer_id_clean as customer_id,
        {{ clean_text('product_category') }} as product_category,
        {{ clean_text('shipping_method') }} as shipping_method,
        -- An order without a status is one that the shop counts.
        coalesce(order_status, 'completed') as order_status,
        coalesce(is_cancelled, false) as is_cancelled,
        order_value_parsed as order_value,
        discount_amount_parsed as discount_amount,
        ordered_at_parsed as ordered_at,
        {%- for feature in return_extra_features() %}
        {{ clean_text(feature.column) }} as {{ feature.column }},
        {%- endfor %}
        _source_file as source_file,
        defect,
        case when defect is not null then {{ raw_row('orders') }} end as raw_row
    from checked

),

keyed as (

    select
        *,
        order_id as row_key
    from judged

)

select * from keyed
