-- One row per touch of a journey, with the channels touched before it, by number
-- (sorting and counting millions of names would cost more). A journey
-- is what a customer touches until the next conversion; a gap longer than the
-- lookback, or the end of the data, ends it unconverted.
{%- set lookback_days = lookback_limit() %}
{%- set exclude_direct = boolean_setting('exclude_direct') %}
{%- set collapse_repeats = boolean_setting('collapse_repeats') %}
{%- set is_transformed = exclude_direct or collapse_repeats %}
{%- set scopes = ['all_orders', 'first_orders'] %}
{%- set first_orders_only = choice_setting('conversion_scope', scopes) == 'first_orders' %}
{%- set depth = markov_order() %}
with

conversions as (

    select
        conversion_id,
        customer_id,
        conversion_value,
        converted_at
    from {{ ref('int_conversions') }}
    where customer_id is not null

),

touchpoints as (

    select
        touchpoints.touchpoint_id,
        touchpoints.customer_id,
        touchpoints.channel,
        touchpoints.channel_number,
        touchpoints.is_direct,
        touchpoints.touched_at
    from {{ ref('stg_touchpoints') }} as touchpoints
    {%- if first_orders_only %}
    -- Who has converted cannot convert for the first time again.
    left join conversions
        on touchpoints.customer_id = conversions.customer_id
    where coalesce(touchpoints.touched_at <= conversions.converted_at, true)
    {%- endif %}

),

-- In the same second a touch comes before the conversion that it led to.
events as (

    select
        customer_id,
        touchpoint_id as event_id,
        channel,
        channel_number,
        is_direct,
        false as is_conversion,
        cast(null as decimal(18, 2)) as conversion_value,
        touched_at as happened_at
    from touchpoints
    where {{ happened_by_as_of(business_date('touched_at')) }}

    union all

    select
        customer_id,
        conversion_id as event_id,
        cast(null as string) as channel,
        cast(null as integer) as channel_number,
        cast(null as boolean) as is_direct,
        true as is_conversion,
        conversion_value,
        converted_at as happened_at
    from conversions

),

-- One window for all, so that events are sorted once. Every touch has a channel and
-- every conversion a value, which tell the one from the other.
neighbours as (

    select
        customer_id,
        channel,
        channel_number,
        is_direct,
        row_number() over in_order as event_number,
        {%- for back in range(1, depth + 1) %}
        lag(channel_number, {{ back }}) over in_order
            as channel_{{ back }}_before,
        {%- endfor %}
        lead(conversion_value) over in_order as next_conversion_value,
        lag(happened_at) over in_order as previous_happened_at,
        happened_at,
        lead(happened_at) over in_order as next_happened_at
    from events
    window in_order as (
        partition by customer_id
        order by happened_at, is_conversion, event_id
    )

),

bounded as (

    select
        customer_id,
        channel,
        channel_number,
        is_direct,
        channel_1_before is null
        {%- if lookback_days is not none %}
        or previous_happened_at < {{ days_before('happened_at', lookback_days) }}
        {%- endif %} as is_first,
        next_conversion_value is not null
        or next_happened_at is null
        {%- if lookback_days is not none %}
        or happened_at < {{ days_before('next_happened_at', lookback_days) }}
        {%- endif %} as is_last,
        next_conversion_value is not null
        {%- if lookback_days is not none %}
        and happened_at >= {{ days_before('next_happened_at', lookback_days) }}
        {%- endif %} as is_converted,
        event_number,
        {%- for back in range(1, depth + 1) %}
        channel_{{ back }}_before,
        {%- endfor %}
        next_conversion_value
    from neighbours
    where channel_number is not null

),

-- What a journey's first touch tells all of them, in one number, because windows cost by
-- the column: the number of that event, by which a journey is known, and the group of
-- the customer in the last two digits (a hash for every touch would cost more).
started as (

    select
        customer_id,
        {{ last_known(
            'case when is_first then event_number * 100 + '
            ~ jackknife_group('customer_id') ~ ' end',
            'so_far'
        ) }} as first_touch_code,
        event_number,
        channel,
        channel_number,
        is_direct,
        {%- for back in range(1, depth + 1) %}
        channel_{{ back }}_before,
        {%- endfor %}
        is_last,
        is_converted,
        case when is_converted then next_conversion_value end as conversion_value
    from bounded
    window so_far as (
        partition by customer_id
        order by event_number
        rows between unbounded preceding and current row
    )

),

numbered as (

    select
        customer_id,
        cast((first_touch_code - first_touch_code % 100) / 100 as bigint) as journey_number,
        event_number,
        cast(first_touch_code % 100 as integer) as jackknife_group,
        channel,
        channel_number,
        is_direct,
        {%- for back in range(1, depth + 1) %}
        channel_{{ back }}_before,
        {%- endfor %}
        is_last,
        is_converted,
        conversion_value
    from started

),

{%- if is_transformed %}

outcomes as (

    select
        customer_id,
        journey_number,
        event_number,
        jackknife_group,
        channel,
        channel_number,
        is_direct,
        max(case when not is_direct then 1 else 0 end) over whole_journey = 0
            as is_all_direct,
        max(case when is_converted then 1 else 0 end) over whole_journey = 1
            as journey_is_converted,
        max(conversion_value) over whole_journey as journey_value
    from numbered
    window whole_journey as (partition by customer_id, journey_number)

),

without_direct as (

    select
        *,
        lag(channel_number) over (
            partition by customer_id, journey_number
            order by event_number
        ) as previous_channel_number
    from outcomes
    {%- if exclude_direct %}
    where is_all_direct or not is_direct
    {%- endif %}

),

without_repeats as (

    select *
    from without_direct
    {%- if collapse_repeats %}
    where previous_channel_number is null or channel_number <> previous_channel_number
    {%- endif %}

),

renumbered as (

    select
        customer_id,
        journey_number,
        row_number() over in_order as touch_position,
        jackknife_group,
        channel,
        channel_number,
        {%- for back in range(1, depth + 1) %}
        lag(channel_number, {{ back }}) over in_order
            as channel_{{ back }}_before,
        {%- endfor %}
        lead(event_number) over in_order is null as is_last,
        journey_is_converted,
        journey_value
    from without_repeats
    window in_order as (
        partition by customer_id, journey_number
        order by event_number
    )

),
{%- endif %}

journey_touches as (

    {%- if is_transformed %}
    select
        customer_id,
        journey_number,
        touch_position,
        jackknife_group,
        channel,
        channel_number,
        {%- for back in range(1, depth + 1) %}
        channel_{{ back }}_before,
        {%- endfor %}
        is_last,
        is_last and journey_is_converted as is_converted,
        case when is_last then journey_value end as conversion_value
    from renumbered
    {%- else %}
    select
        customer_id,
        journey_number,
        event_number - journey_number + 1 as touch_position,
        jackknife_group,
        channel,
        channel_number,
        {%- for back in range(1, depth + 1) %}
        -- Not beyond the journey's first touch.
        case when event_number - journey_number >= {{ back }} then channel_{{ back }}_before end
            as channel_{{ back }}_before,
        {%- endfor %}
        is_last,
        is_converted,
        conversion_value
    from numbered
    {%- endif %}

)

select * from journey_touches
