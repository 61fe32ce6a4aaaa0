-- One row per sound order row whose order_id repeats; the later, then the larger,
-- stands.
{{ repeated_rows('orders', order_by=['ordered_at desc', 'order_value desc']) }}
