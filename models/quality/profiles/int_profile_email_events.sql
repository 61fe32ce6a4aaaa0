-- One row per column of stg_email_events.
{{ column_profile('email_events', ref('stg_email_events')) }}
