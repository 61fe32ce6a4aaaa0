-- One row per (touch month, channel, campaign, attribution model): credit of the
-- month's touches against the month's spend.
with

campaign_money as (

    select
        touch_month,
        channel,
        campaign,
        attribution_model,
        conversions,
        revenue,
        spend
    from {{ ref('int_campaign_money') }}

),

judged as (

    select
        touch_month,
        channel,
        campaign,
        attribution_model,
        conversions,
        revenue,
        spend,
        {{ performance_ratios(['touch_month', 'attribution_model']) }}
    from campaign_money

)

select * from judged
