-- One row per recorded amount of marketing spend.
{{ sound_rows('marketing_spend') }}
