-- One row per (conversion, touchpoint): the share of the conversion that each
-- heuristic model credits to the touch. A conversion without a touch is one row
-- of channel 'unattributed'.
with

path_touches as (

    select *
    from {{ ref('int_path_touches') }}

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
            when last_non_direct_touchpoint_id is null and touch_position = path_length
                then 1e0
            when touchpoint_id = last_non_direct_touchpoint_id then 1e0
            else 0e0
        end as credit_last_non_direct,
        case when path_length = 0 then 1e0 else 1e0 / path_length end as credit_linear,
        case
            when path_length <= 1 then 1e0
            -- The sum is rounded, so that a lone giant among dwarfs may exceed it.
            else least(decay_weight / path_decay_weight, 1e0)
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
    from path_touches

)

select * from credited
