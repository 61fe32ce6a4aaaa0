-- One row per (setting, its value, channel, heuristic attribution model) that is credited
-- anything: the conversions and revenue that would come out under that value, all other
-- settings as they stand.
-- Waits for int_journey_counts, which takes every core, and then runs beside the Python
-- that solves what was counted on one of them.
-- depends_on: {{ ref('int_journey_counts') }}
{%- set lookback_now = lookback_limit() %}
{%- set half_life_now = number_setting('half_life_days', above=0) %}
{%- set lookbacks = number_list_setting('sensitivity_lookback_days', at_least=0) %}
{%- set half_lives = number_list_setting('sensitivity_half_life_days', above=0) %}
{%- if lookback_now not in lookbacks %}
    {%- do lookbacks.append(lookback_now) %}
{%- endif %}
{%- if half_life_now not in half_lives %}
    {%- do half_lives.append(half_life_now) %}
{%- endif %}
{#- As in int_path_touches: no weight vanishes that is counted from the conversion. -#}
{%- set weighs_by_age = none not in lookbacks and lookbacks | max <= 50 * half_life_now %}
with

conversions as (

    select
        conversion_id,
        customer_id,
        jackknife_group,
        conversion_value,
        conversion_month,
        converted_at,
        previous_converted_at
    from {{ ref('int_conversions') }}

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

-- Whole groups of customers while they fit; one group at least.
group_sizes as (

    select
        jackknife_group,
        count(*) as conversions
    from conversions
    group by jackknife_group

),

running_sizes as (

    select
        jackknife_group,
        sum(conversions) over (
            order by jackknife_group
            rows between unbounded preceding and current row
        ) as conversions_so_far,
        row_number() over (order by jackknife_group) as group_number,
        sum(conversions) over () as all_conversions
    from group_sizes

),

sampled_groups as (

    select
        jackknife_group,
        cast(max(conversions_so_far) over () as bigint) as sampled_conversions,
        max(conversions_so_far) over () / cast(all_conversions as double) as sampled_share
    from running_sizes
    where
        conversions_so_far <= {{ integer_setting('sensitivity_conversions', at_least=1) }}
        or group_number = 1

),

sampled as (

    select conversions.*
    from conversions
    inner join sampled_groups
        on conversions.jackknife_group = sampled_groups.jackknife_group

),

sample_size as (

    select distinct
        sampled_conversions,
        sampled_share
    from sampled_groups

),

sampled_customers as (

    select distinct customer_id
    from sampled
    where customer_id is not null

),

-- Few of all touches; told apart before the windows, which meet each of them often.
sampled_touches as (

    select
        touchpoints.touchpoint_id,
        touchpoints.customer_id,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.is_direct,
        touchpoints.touched_at
    from touchpoints
    inner join sampled_customers
        on touchpoints.customer_id = sampled_customers.customer_id

),

lookbacks as (

    {%- for days in lookbacks %}
    select
        {{ loop.index }} as lookback_number,
        {%- set microseconds = none if days is none else (days * 86400000000) | round | int %}
        cast({{ 'null' if days is none else microseconds / 1000000 }} as double)
            as lookback_seconds
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

windows as (

    select
        sampled.*,
        lookbacks.lookback_number,
        lookbacks.lookback_seconds
    from sampled
    cross join lookbacks

),

touches_in_window as (

    select
        windows.lookback_number,
        windows.conversion_id,
        sampled_touches.touchpoint_id,
        windows.customer_id,
        windows.jackknife_group,
        sampled_touches.channel,
        sampled_touches.campaign,
        sampled_touches.is_direct,
        windows.conversion_value,
        windows.conversion_month,
        sampled_touches.touched_at,
        windows.converted_at,
        windows.previous_converted_at
    from windows
    left join sampled_touches
        on windows.customer_id = sampled_touches.customer_id
        and windows.converted_at >= sampled_touches.touched_at
        and coalesce(
            {{ seconds_between('sampled_touches.touched_at', 'windows.converted_at') }}
            <= windows.lookback_seconds,
            true
        )
        and coalesce(windows.previous_converted_at < sampled_touches.touched_at, true)

),

{{ path_ctes(['lookback_number', 'conversion_id'], half_life_now, weighs_by_age) }},

by_lookback as (

    select
        lookback_number,
        coalesce(channel, 'unattributed') as channel,
        {%- for model in attribution_models() %}
        {{ heuristic_credit(model) }} as credit_{{ model }},
        {%- endfor %}
        conversion_value
    from numbered

),

lookback_totals as (

    select
        lookback_number,
        channel,
    {%- for model in attribution_models() %}
    {{ stable_sum('credit_' ~ model, digits=18) }} as conversions_{{ model }},
    {{ stable_sum('credit_' ~ model ~ ' * conversion_value') }} as revenue_{{ model }}
    {{- ',' if not loop.last }}
    {%- endfor %}
    from by_lookback
    group by lookback_number, channel

),

half_lives as (

    {%- for days in half_lives %}
    select {{ loop.index }} as half_life_number
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

paths_now as (

    select
        conversion_id,
        channel,
        touch_position,
        path_length,
        conversion_value,
        age_days,
        min(age_days) over (partition by conversion_id) as age_days_of_last_touch
    from numbered
    where lookback_number = {{ lookbacks.index(lookback_now) + 1 }}

),

-- A column for each half-life, so that paths are gathered once for all of them.
weighed_now as (

    select
        {%- for days in half_lives %}
        power(2e0, (age_days_of_last_touch - age_days) / cast({{ days }} as double))
            as decay_weight_{{ loop.index }},
        {%- endfor %}
        *
    from paths_now

),

summed_now as (

    select
        {%- for days in half_lives %}
        {{ weight_sum('decay_weight_' ~ loop.index, 'whole_path') }}
            as path_decay_weight_{{ loop.index }},
        {%- endfor %}
        *
    from weighed_now
    window whole_path as (partition by conversion_id)

),

half_life_weights as (

    select
        half_lives.half_life_number,
        summed_now.channel,
        summed_now.path_length,
        summed_now.conversion_value,
        case half_lives.half_life_number
            {%- for days in half_lives %}
            when {{ loop.index }} then summed_now.decay_weight_{{ loop.index }}
            {%- endfor %}
        end as decay_weight,
        case half_lives.half_life_number
            {%- for days in half_lives %}
            when {{ loop.index }} then summed_now.path_decay_weight_{{ loop.index }}
            {%- endfor %}
        end as path_decay_weight
    from summed_now
    cross join half_lives

),

by_half_life as (

    select
        half_life_number,
        coalesce(channel, 'unattributed') as channel,
        {{ heuristic_credit('time_decay') }} as credit_time_decay,
        conversion_value
    from half_life_weights

),

half_life_totals as (

    select
        half_life_number,
        channel,
        {{ stable_sum('credit_time_decay', digits=18) }} as conversions,
        {{ stable_sum('credit_time_decay * conversion_value') }} as revenue
    from by_half_life
    group by half_life_number, channel

),

-- One row a model, without reading the totals again for each.
totals as (

    select
        'lookback_days' as setting,
        lookback_totals.lookback_number as value_number,
        models.attribution_model,
        lookback_totals.channel,
        case models.attribution_model
            {%- for model in attribution_models() %}
            when '{{ model }}' then lookback_totals.conversions_{{ model }}
            {%- endfor %}
        end as conversions,
        case models.attribution_model
            {%- for model in attribution_models() %}
            when '{{ model }}' then lookback_totals.revenue_{{ model }}
            {%- endfor %}
        end as revenue
    from lookback_totals
    cross join (
        values
        {%- for model in attribution_models() %}
        ('{{ model }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as models (attribution_model)
    union all
    select
        'half_life_days' as setting,
        half_life_number as value_number,
        'time_decay' as attribution_model,
        channel,
        conversions,
        revenue
    from half_life_totals

),

setting_values as (

    {%- for days in lookbacks %}
    select
        'lookback_days' as setting,
        {{ loop.index }} as value_number,
        '{{ 'no limit' if days is none else (days | int if days == days | int else days) }}'
            as setting_label,
        {{ 'true' if days == lookback_now else 'false' }} as is_current,
        cast({{ 'null' if days is none else days }} as double) as setting_value
    union all
    {%- endfor %}
    {%- for days in half_lives %}
    select
        'half_life_days' as setting,
        {{ loop.index }} as value_number,
        '{{ days | int if days == days | int else days }}' as setting_label,
        {{ 'true' if days == half_life_now else 'false' }} as is_current,
        cast({{ days }} as double) as setting_value
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

valued as (

    select
        totals.setting,
        setting_values.setting_label,
        totals.channel,
        totals.attribution_model,
        setting_values.is_current,
        setting_values.setting_value,
        totals.conversions,
        totals.revenue,
        sample_size.sampled_conversions,
        sample_size.sampled_share
    from totals
    inner join setting_values
        on totals.setting = setting_values.setting
        and totals.value_number = setting_values.value_number
    cross join sample_size

)

select * from valued
