-- One row per column of stg_web_sessions.
{{ column_profile('web_sessions', ref('stg_web_sessions')) }}
