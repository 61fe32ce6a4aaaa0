-- No event ends before it starts, or is written down twice.
select
    event_name,
    starts_on,
    channel,
    count(*) as occurrences,
    min(ends_on) as ends_on
from {{ ref('known_events') }}
group by event_name, starts_on, channel
having count(*) > 1 or min(ends_on) < starts_on
