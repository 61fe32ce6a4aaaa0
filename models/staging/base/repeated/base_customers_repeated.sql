-- One row per sound customer row whose customer_id repeats; the earlier stands.
{{ repeated_rows('customers', order_by=['created_at']) }}
