-- One row per column of stg_returns.
{{ column_profile('returns', ref('stg_returns')) }}
