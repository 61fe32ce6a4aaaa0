-- One row per sound spend row told more than once: several amounts for one day
-- and campaign add up, so only the very same amount is one too many.
{{ repeated_rows('marketing_spend') }}
