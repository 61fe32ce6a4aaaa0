-- One row per return; an order can come back in parts.
{{ sound_rows('returns') }}
