-- One row per (conversion, touchpoint): the share of the conversion that each
-- heuristic model credits to the touch. A conversion without a touch is one row
-- of channel 'unattributed'.
{%- set half_life_days = number_setting('half_life_days', above=0) %}
with

path_touches as (

    select
        conversion_id,
        touchpoint_id,
        customer_id,
        jackknife_group,
        channel,
        campaign,
        is_direct,
        touch_position,
        path_length,
        conversion_value,
        {{ seconds_between('touched_at', 'converted_at') }} / 86400e0 as age_days,
        conversion_month,
        touched_at,
        converted_at
    from {{ ref('int_path_touches') }}

),

ends_of_path as (

    select
        *,
        min(age_days) over (partition by conversion_id) as age_days_of_last_touch,
        max(case when not is_direct then touch_position end) over (
            partition by conversion_id
        ) as last_non_direct_position
    from path_touches

),

weighed as (

    select
        *,
        -- Half the weight every half-life, counted from the last touch: that
        -- one weighs 1, so the weights of a path never all vanish.
        power(
            2e0, (age_days_of_last_touch - age_days) / cast({{ half_life_days }} as double)
        ) as decay_weight
    from ends_of_path

),

credited as (

    select
        conversion_id,
        coalesce(touchpoint_id, 'unattributed') as touchpoint_id,
        customer_id,
        coalesce(channel, 'unattributed') as channel,
        campaign,
        jackknife_group,
        case when path_length > 0 then touch_position end as touch_position,
        path_length,
        age_days,
        conversion_value,
        -- A conversion without a touch has one row, which takes all of it.
        case
            when path_length = 0 or touch_position = 1 then 1e0 else 0e0
        end as credit_first_touch,
        case
            when path_length = 0 or touch_position = path_length then 1e0 else 0e0
        end as credit_last_touch,
        case
            when path_length = 0 then 1e0
            when touch_position = coalesce(last_non_direct_position, path_length)
                then 1e0
            else 0e0
        end as credit_last_non_direct,
        case when path_length = 0 then 1e0 else 1e0 / path_length end as credit_linear,
        case
            when path_length = 0 then 1e0
            else decay_weight
                / {{ stable_sum('decay_weight', over='partition by conversion_id') }}
        end as credit_time_decay,
        case
            when path_length = 0 then 1e0
            else {{ position_based_credit('touch_position', 'path_length') }}
        end as credit_position_based,
        -- Without a touch the conversion's own month keeps the months complete.
        coalesce({{ business_month('touched_at') }}, conversion_month) as touch_month,
        conversion_month,
        touched_at,
        converted_at
    from weighed

)

select * from credited
