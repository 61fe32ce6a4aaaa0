-- One row per touchpoint: a sound, deduplicated marketing touch of a customer.
{{ sound_rows('touchpoints') }}
