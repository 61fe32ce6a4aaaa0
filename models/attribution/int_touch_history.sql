-- One row: the moment until which touches are history, which no later run expects to
-- change, and what they are; and whether those that were history when the stored
-- credits were computed are still the same.
{%- set state = stored_credits_state() %}
{%- set columns = [
    'touchpoint_id', 'customer_id', 'channel', 'campaign', 'is_direct', 'touched_at'
] %}
with

conversions as (

    select converted_at
    from {{ ref('int_conversions') }}

),

touchpoints as (

    select {{ columns | join(', ') }}
    from {{ ref('stg_touchpoints') }}

),

boundary as (

    select
        {{ days_before(
            'max(converted_at)', number_setting('late_arrival_days', at_least=0)
        ) }} as history_until
    from conversions

),

credits_state as (

    {%- if state is none %}
    select
        cast(null as timestamp) as history_until,
        cast(0 as bigint) as touches,
        cast(null as {{ dbt.type_string() }}) as touches_checksum
    {%- else %}
    select
        history_until,
        touches,
        touches_checksum
    from {{ state }}
    {%- endif %}

),

moments as (

    select
        boundary.history_until,
        credits_state.history_until as credited_until
    from boundary
    cross join credits_state

),

-- All in one reading of the touches.
touches_now as (

    select
        count(case when touchpoints.touched_at < moments.history_until then 1 end) as touches,
        {{ row_checksum(columns, where='touchpoints.touched_at < moments.history_until') }}
            as touches_checksum,
        count(case when touchpoints.touched_at < moments.credited_until then 1 end)
            as credited_touches,
        {{ row_checksum(columns, where='touchpoints.touched_at < moments.credited_until') }}
            as credited_checksum,
        max(
            case
                when {{ happened_by_as_of(business_date('touchpoints.touched_at')) }}
                    then touchpoints.touched_at
            end
        ) as last_touched_at
    from touchpoints
    cross join moments

),

history as (

    select
        touches_now.credited_touches <> credits_state.touches
        or coalesce(touches_now.credited_checksum, '')
        <> coalesce(credits_state.touches_checksum, '') as has_changed,
        touches_now.touches,
        touches_now.touches_checksum,
        moments.history_until,
        moments.credited_until,
        touches_now.last_touched_at
    from touches_now
    cross join moments
    cross join credits_state

)

select * from history
