-- One row: the moment until which touches are history, which no later run expects to
-- change, and what they are. Anything that arrives later than late_arrival_days after
-- the last conversion of a run shows here, and all paths are built anew.
with

credits as (

    select converted_at
    from {{ ref('touchpoint_credits') }}

),

touchpoints as (

    select
        touchpoint_id,
        customer_id,
        channel,
        campaign,
        is_direct,
        touched_at
    from {{ ref('stg_touchpoints') }}

),

boundary as (

    select
        {{ days_before(
            'max(converted_at)', number_setting('late_arrival_days', at_least=0)
        ) }} as history_until
    from credits

),

old_touches as (

    select
        count(*) as touches,
        {{ row_checksum([
            'touchpoint_id', 'customer_id', 'channel', 'campaign', 'is_direct', 'touched_at'
        ]) }} as touches_checksum
    from touchpoints
    where touched_at < (select boundary.history_until from boundary)

),

history as (

    select
        old_touches.touches,
        old_touches.touches_checksum,
        boundary.history_until
    from boundary
    cross join old_touches

)

select * from history
