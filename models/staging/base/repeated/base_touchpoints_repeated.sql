-- One row per sound touchpoint row whose touchpoint_id repeats; the earliest
-- touch stands.
{{ repeated_rows('touchpoints', order_by=['touched_at']) }}
