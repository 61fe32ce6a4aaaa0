-- What journeys come to for the data-driven models, in one reading of their touches,
-- which is what costs. Two kinds of rows, told apart by is_channel_set: one row per
-- (jackknife group, channel, channels before it, whether the journey ended there and
-- how), and one per (jackknife group, set of channels).
-- Not beside touchpoint_credits, which sorts as much: together they would spill.
-- depends_on: {{ ref('touchpoint_credits') }}
{%- set depth = markov_order() %}
{%- set befores = ['channel_1_before', 'channel_2_before', 'channel_3_before'][:depth] %}
with

journey_touches as (

    select
        customer_id,
        journey_number,
        jackknife_group,
        channel_number,
        {%- for before in befores %}
        {{ before }},
        {%- endfor %}
        is_last,
        is_converted,
        conversion_value
    from {{ ref('int_journey_touches') }}

),

steps as (

    select
        jackknife_group,
        channel_number,
        {%- for before in befores %}
        {{ before }},
        {%- endfor %}
        is_last,
        is_converted,
        count(*) as touches,
        sum(conversion_value) as conversion_value
    from journey_touches
    group by
        jackknife_group,
        channel_number,
        {%- for before in befores %}
        {{ before }},
        {%- endfor %}
        is_last,
        is_converted

),

channel_names as (

    select distinct
        channel,
        channel_number
    from {{ ref('stg_channel_spellings') }}

),

touched_channels as (

    select distinct channel_number
    from steps

),

-- Of the touched ones, by name, from 0.
channels as (

    select
        channel_names.channel,
        touched_channels.channel_number as spelling_number,
        cast(row_number() over (order by channel_names.channel) - 1 as integer)
            as channel_number
    from touched_channels
    inner join channel_names
        on touched_channels.channel_number = channel_names.channel_number

),

-- Once a channel, not once a touch.
channel_bits as (

    select
        {%- for word in range(1, 5) %}
        {{ channel_bit('channel_number', word) }} as bit_{{ word }},
        {%- endfor %}
        spelling_number
    from channels

),

-- Every conversion has a value.
journeys as (

    select
        journey_touches.customer_id,
        journey_touches.journey_number,
        max(journey_touches.jackknife_group) as jackknife_group,
        {%- for word in range(1, 5) %}
        bit_or(channel_bits.bit_{{ word }}) as channels_{{ word }},
        {%- endfor %}
        case when max(journey_touches.conversion_value) is null then 0 else 1 end
            as conversions,
        max(journey_touches.conversion_value) as conversion_value
    from journey_touches
    inner join channel_bits
        on journey_touches.channel_number = channel_bits.spelling_number
    group by journey_touches.customer_id, journey_touches.journey_number

),

channel_sets as (

    select
        jackknife_group,
        {%- for word in range(1, 5) %}
        channels_{{ word }},
        {%- endfor %}
        count(*) as journeys,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value
    from journeys
    group by
        jackknife_group,
        channels_1,
        channels_2,
        channels_3,
        channels_4

),

counts as (

    select
        false as is_channel_set,
        steps.jackknife_group,
        channels.channel_number,
        channels.channel,
        {%- for before in befores %}
        names_{{ before }}.channel as {{ before }},
        {%- endfor %}
        steps.is_last,
        steps.is_converted,
        {%- for word in range(1, 5) %}
        cast(null as bigint) as channels_{{ word }},
        {%- endfor %}
        steps.touches,
        cast(null as bigint) as journeys,
        cast(null as bigint) as conversions,
        steps.conversion_value
    from steps
    inner join channels
        on steps.channel_number = channels.spelling_number
    {%- for before in befores %}
    left join channels as names_{{ before }}
        on steps.{{ before }} = names_{{ before }}.spelling_number
    {%- endfor %}

    union all

    select
        true as is_channel_set,
        jackknife_group,
        cast(null as integer) as channel_number,
        cast(null as string) as channel,
        {%- for before in befores %}
        cast(null as string) as {{ before }},
        {%- endfor %}
        cast(null as boolean) as is_last,
        cast(null as boolean) as is_converted,
        {%- for word in range(1, 5) %}
        channels_{{ word }},
        {%- endfor %}
        cast(null as bigint) as touches,
        journeys,
        cast(conversions as bigint) as conversions,
        conversion_value
    from channel_sets

)

select * from counts
