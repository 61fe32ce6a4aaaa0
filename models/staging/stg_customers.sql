-- One row per customer of the customer file.
{{ sound_rows('customers') }}
