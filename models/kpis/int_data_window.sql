-- One row: the business dates that the data cover. as_of is the setting of that
-- name, or the date of the last event.
with

events as (

    select {{ business_date('touched_at') }} as event_date
    from {{ ref('stg_touchpoints') }}
    union all
    select {{ business_date('ordered_at') }} as event_date
    from {{ ref('stg_orders') }}
    union all
    select {{ business_date('returned_at') }} as event_date
    from {{ ref('stg_returns') }}
    union all
    select {{ business_date('occurred_at') }} as event_date
    from {{ ref('stg_email_events') }}
    union all
    select {{ business_date('session_hour') }} as event_date
    from {{ ref('stg_web_sessions') }}
    union all
    select spend_date as event_date
    from {{ ref('stg_marketing_spend') }}

),

data_window as (

    select
        min(event_date) as first_date,
        {%- if var('as_of') is not none %}
        date '{{ var("as_of") }}' as as_of
        {%- else %}
        max(event_date) as as_of
        {%- endif %}
    from events

)

select * from data_window
