-- One row per (conversion, touchpoint): the share of the conversion that each
-- heuristic model credits to the touch. A conversion without a touch is one row
-- of channel 'unattributed'.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_due_conversions(this) }}",
    post_hook="{{ remember_credits_state() }}",
) }}
-- Adds the conversions that are due, once what is stored of them is deleted: a run that
-- was cut short between the two is made good by the next.
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
        {%- for model in attribution_models() %}
        {{ heuristic_credit(model) }} as credit_{{ model }},
        {%- endfor %}
        -- Without a touch the conversion's own month keeps the months complete.
        coalesce({{ business_month('touched_at') }}, conversion_month) as touch_month,
        conversion_month,
        touched_at,
        converted_at,
        previous_converted_at
    from path_touches

)

select * from credited
