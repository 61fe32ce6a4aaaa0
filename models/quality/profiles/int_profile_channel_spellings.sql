-- One row per column of stg_channel_spellings.
{{ column_profile('channel_spellings', ref('stg_channel_spellings')) }}
