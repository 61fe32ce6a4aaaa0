-- One row per (jackknife group, state, next channel, outcome): how often journeys
-- went from one state to the next. A state is the last markov_order channels; no
-- state is the start, no next channel the end of the journey.
{%- set depth = markov_order() %}
with

counted as (

    select
        jackknife_group,
        channel,
        {%- for back in range(1, depth + 1) %}
        channel_{{ back }}_before,
        {%- endfor %}
        is_last,
        is_converted,
        touches,
        conversion_value
    from {{ ref('int_journey_counts') }}
    where not is_channel_set

),

-- Every touch was stepped to once; the last one is stepped off too.
steps as (

    select
        jackknife_group,
        {%- for back in range(1, 4) %}
        {{ 'channel_' ~ back ~ '_before' if back <= depth else 'cast(null as string)' }}
            as state_{{ back }},
        {%- endfor %}
        channel as next_channel,
        false as is_converted,
        touches as transitions,
        cast(0 as decimal(18, 2)) as conversion_value
    from counted

    union all

    select
        jackknife_group,
        channel as state_1,
        {%- for back in range(2, 4) %}
        {{ 'channel_' ~ (back - 1) ~ '_before' if back <= depth else 'cast(null as string)' }}
            as state_{{ back }},
        {%- endfor %}
        cast(null as string) as next_channel,
        is_converted,
        touches as transitions,
        coalesce(conversion_value, 0) as conversion_value
    from counted
    where is_last

),

transitions as (

    select
        jackknife_group,
        state_1,
        state_2,
        state_3,
        next_channel,
        is_converted,
        cast(sum(transitions) as bigint) as transitions,
        cast(sum(conversion_value) as double) as conversion_value
    from steps
    group by
        jackknife_group,
        state_1,
        state_2,
        state_3,
        next_channel,
        is_converted

)

select * from transitions
