-- One row per (touch month, channel, attribution model): credit of the month's
-- touches against the month's spend.
with

campaign_money as (

    select
        touch_month,
        channel,
        attribution_model,
        conversions,
        revenue,
        spend
    from {{ ref('int_campaign_money') }}

),

summed as (

    select
        touch_month,
        channel,
        attribution_model,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue,
        {{ stable_sum('spend') }} as spend
    from campaign_money
    group by touch_month, channel, attribution_model

),

judged as (

    select
        touch_month,
        channel,
        attribution_model,
        conversions,
        revenue,
        spend,
        {{ performance_ratios(['touch_month', 'attribution_model']) }}
    from summed

)

select * from judged
