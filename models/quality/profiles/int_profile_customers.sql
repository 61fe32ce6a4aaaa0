-- One row per column of stg_customers.
{{ column_profile('customers', ref('stg_customers')) }}
