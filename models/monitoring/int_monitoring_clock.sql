-- One row: how far the data go. The last thing that somebody did in the shop, not
-- later than the day as_of, is the present; what is given is known until then.
with

events as (

    select max(ordered_at) as last_event_at
    from {{ ref('stg_orders') }}
    where {{ happened_by_as_of(business_date('ordered_at')) }}
    union all
    -- Touches are many: who reads them all anyway tells of the last.
    select last_touched_at as last_event_at
    from {{ ref('int_touch_history') }}
    union all
    select max(session_hour) as last_event_at
    from {{ ref('stg_web_sessions') }}
    where {{ happened_by_as_of(business_date('session_hour')) }}

),

clock as (

    select
        {{ business_date('max(events.last_event_at)') }} as running_day,
        max(events.last_event_at) as last_event_at,
        date_trunc('hour', max(events.last_event_at)) as running_hour
    from events

)

select * from clock
