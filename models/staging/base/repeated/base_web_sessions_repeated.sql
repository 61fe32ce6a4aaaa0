-- One row per sound session row told more than once: several counts for one hour
-- and channel add up, so only the very same count is one too many.
{{ repeated_rows('web_sessions') }}
