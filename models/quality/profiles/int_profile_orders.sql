-- One row per column of stg_orders.
{{ column_profile('orders', ref('stg_orders')) }}
