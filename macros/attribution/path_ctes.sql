{% macro path_ctes(keys, half_life_days, weighs_by_age) %}
{#-
    CTEs from `touches_in_window`, the touches of each path with their conversions,
    to `numbered`: direct touches and repeats dropped as the settings say, touches
    numbered and weighed.
    Arguments:
        keys: columns that together name a path, conversion_id among them.
        half_life_days: of the time-decay weight.
        weighs_by_age: whether weights count from the conversion; otherwise they
            count from the path's last touch, which then weighs 1.
-#}
{%- set exclude_direct = boolean_setting('exclude_direct') -%}
{%- set collapse_repeats = boolean_setting('collapse_repeats') %}
{%- if exclude_direct %}

kinds_of_path as (

    select
        *,
        max(case when not is_direct then 1 else 0 end) over (
            partition by {{ keys | join(', ') }}
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
            partition by {{ keys | join(', ') }}
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
        min(age_days) over (partition by {{ keys | join(', ') }}) as age_days_of_last_touch
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
        {{ keys | join(',\n        ') }},
        touchpoint_id,
        customer_id,
        channel,
        campaign,
        jackknife_group,
        -- One window for all, so that the touches are sorted once.
        row_number() over in_order as touch_position,
        count(touchpoint_id) over whole_path as path_length,
        {{ last_known('case when not is_direct then touchpoint_id end', 'whole_path') }}
            as last_non_direct_touchpoint_id,
        decay_weight,
        {{ weight_sum('decay_weight', 'whole_path') }} as path_decay_weight,
        age_days,
        conversion_value,
        conversion_month,
        touched_at,
        converted_at,
        previous_converted_at
    from weighed
    window
        in_order as (
            partition by {{ keys | join(', ') }}
            order by touched_at, touchpoint_id
        ),
        whole_path as (
            partition by {{ keys | join(', ') }}
            order by touched_at, touchpoint_id
            rows between unbounded preceding and unbounded following
        )

)
{%- endmacro %}
