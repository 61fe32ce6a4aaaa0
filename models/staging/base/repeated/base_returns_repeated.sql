-- One row per sound return row told more than once: an order can come back in
-- parts, so only the very same return is one too many.
{{ repeated_rows('returns') }}
