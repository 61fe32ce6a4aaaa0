-- One row: the business dates that the data cover, from the first order (touches and
-- spend before it belong to months whose orders nobody knows) to as_of: the setting
-- of that name, or the date of the last event.
with

events as (

    select
        {{ business_date('touched_at') }} as event_date,
        cast(null as date) as order_date
    from {{ ref('stg_touchpoints') }}
    union all
    select
        {{ business_date('ordered_at') }} as event_date,
        {{ business_date('ordered_at') }} as order_date
    from {{ ref('stg_orders') }}
    union all
    select
        {{ business_date('returned_at') }} as event_date,
        cast(null as date) as order_date
    from {{ ref('stg_returns') }}
    union all
    select
        {{ business_date('occurred_at') }} as event_date,
        cast(null as date) as order_date
    from {{ ref('stg_email_events') }}
    union all
    select
        {{ business_date('session_hour') }} as event_date,
        cast(null as date) as order_date
    from {{ ref('stg_web_sessions') }}
    union all
    select
        spend_date as event_date,
        cast(null as date) as order_date
    from {{ ref('stg_marketing_spend') }}

),

data_window as (

    select
        coalesce(min(order_date), min(event_date)) as first_date,
        {%- if var('as_of') is not none %}
        date '{{ var("as_of") }}' as as_of
        {%- else %}
        max(event_date) as as_of
        {%- endif %}
    from events

)

select * from data_window
