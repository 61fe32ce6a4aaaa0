-- Which channels open journeys and which close them? Above 1 a channel is the first
-- touch more often than the last.
with

comparison as (

    select
        channel,
        max(case when attribution_model = 'first_touch' then conversion_share end)
            as first_touch_share,
        max(case when attribution_model = 'last_touch' then conversion_share end)
            as last_touch_share
    from {{ ref('attribution_comparison') }}
    where channel <> 'unattributed'
    group by channel

)

select
    channel,
    first_touch_share,
    last_touch_share,
    first_touch_share / nullif(last_touch_share, 0e0) as opening_to_closing
from comparison
order by opening_to_closing desc nulls last, channel asc
