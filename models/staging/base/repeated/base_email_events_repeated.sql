-- One row per sound e-mail event row whose event_id repeats; the earlier stands.
{{ repeated_rows('email_events', order_by=['occurred_at']) }}
