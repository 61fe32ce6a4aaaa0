-- One row per column of stg_marketing_spend.
{{ column_profile('marketing_spend', ref('stg_marketing_spend')) }}
