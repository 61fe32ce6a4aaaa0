-- Reports channels that the channel map does not know: they keep their names,
-- count as unpaid, and may be a second spelling of a channel that it knows.
{{ config(severity='warn') }}

select distinct
    spelling,
    channel
from {{ ref('stg_channel_spellings') }}
where not is_mapped
