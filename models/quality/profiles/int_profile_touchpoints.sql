-- One row per column of stg_touchpoints.
{{ column_profile('touchpoints', ref('stg_touchpoints')) }}
