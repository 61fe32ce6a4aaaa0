-- One row per (conversion, touchpoint) of a path: the touches a conversion can
-- thank, numbered in path order. A conversion without a touch is one row whose
-- touch is NULL and whose path_length is 0.
{%- set lookback_days = lookback_limit() %}
{%- set exclude_direct = boolean_setting('exclude_direct') %}
{%- set collapse_repeats = boolean_setting('collapse_repeats') %}
{%- set half_life_days = number_setting('half_life_days', above=0) %}
{#- Counted from the conversion, weights stay above 2^-50 while the window is at
    most 50 half-lives long; beyond, they are counted from the path's last touch,
    which then weighs 1, so that a path's weights can never all vanish. The
    credits are the same: a common factor cancels. -#}
{%- set weighs_by_age = lookback_days is not none and lookback_days <= 50 * half_life_days %}
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

touches_in_window as (

    select
        conversions.conversion_id,
        touchpoints.touchpoint_id,
        conversions.customer_id,
        conversions.jackknife_group,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.is_direct,
        conversions.conversion_value,
        conversions.conversion_month,
        touchpoints.touched_at,
        conversions.converted_at
    from conversions
    left join touchpoints
        on conversions.customer_id = touchpoints.customer_id
        and touchpoints.touched_at <= conversions.converted_at
        {%- if lookback_days is not none %}
        and touchpoints.touched_at >= {{ days_before('conversions.converted_at', lookback_days) }}
        {%- endif %}
        -- Known under path_policy since_previous_conversion only.
        and coalesce(conversions.previous_converted_at < touchpoints.touched_at, true)

),

{%- if exclude_direct %}

kinds_of_path as (

    select
        *,
        max(case when not is_direct then 1 else 0 end) over (
            partition by conversion_id
        ) = 0 as is_all_direct
    from touches_in_window

),

touches_but_direct as (

    select *
    from kinds_of_path
    where is_all_direct or not is_direct

),
{%- endif %}

{%- if collapse_repeats %}

neighbours as (

    select
        *,
        lag(channel) over (
            partition by conversion_id
            order by touched_at, touchpoint_id
        ) as previous_channel
    from {{ 'touches_but_direct' if exclude_direct else 'touches_in_window' }}

),

touches_without_repeats as (

    select *
    from neighbours
    where previous_channel is null or channel <> previous_channel

),
{%- endif %}

aged as (

    select
        *,
        {{ seconds_between('touched_at', 'converted_at') }} / 86400e0 as age_days
    from {% if collapse_repeats -%}
        touches_without_repeats
    {%- elif exclude_direct -%}
        touches_but_direct
    {%- else -%}
        touches_in_window
    {%- endif %}

),

{%- if not weighs_by_age %}

dated as (

    select
        *,
        min(age_days) over (partition by conversion_id) as age_days_of_last_touch
    from aged

),
{%- endif %}

weighed as (

    select
        *,
        -- Time decay: half the weight every half-life.
        power(
            2e0,
            ({{ '0e0' if weighs_by_age else 'age_days_of_last_touch' }} - age_days)
            / cast({{ half_life_days }} as double)
        ) as decay_weight
    from {{ 'aged' if weighs_by_age else 'dated' }}

),

numbered as (

    select
        conversion_id,
        touchpoint_id,
        customer_id,
        channel,
        campaign,
        jackknife_group,
        -- One window for all, so that the touches are sorted once.
        row_number() over in_order as touch_position,
        count(touchpoint_id) over whole_path as path_length,
        last_value(case when not is_direct then touchpoint_id end ignore nulls)
            over whole_path as last_non_direct_touchpoint_id,
        decay_weight,
        {{ stable_sum('decay_weight', over='whole_path', decimals=30) }} as path_decay_weight,
        age_days,
        conversion_value,
        conversion_month,
        touched_at,
        converted_at
    from weighed
    window
        in_order as (
            partition by conversion_id
            order by touched_at, touchpoint_id
        ),
        whole_path as (
            partition by conversion_id
            order by touched_at, touchpoint_id
            rows between unbounded preceding and unbounded following
        )

)

select * from numbered
