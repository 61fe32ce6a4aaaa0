-- One row per order, cancelled ones included.
{{ sound_rows('orders') }}
