-- One row per (touch month, channel, campaign, attribution model): credit and
-- spend side by side, in the same month. What has one without the other stays.
with

credits as (

    select
        attribution_model,
        channel,
        coalesce(campaign, '(not set)') as campaign,
        touch_month,
        conversions,
        revenue
    from {{ ref('int_touch_month_credits') }}

),

marketing_spend as (

    select
        channel,
        coalesce(campaign, '(not set)') as campaign,
        spend,
        cast(date_trunc('month', spend_date) as date) as touch_month
    from {{ ref('stg_marketing_spend') }}
    where {{ happened_by_as_of('spend_date') }}

),

attribution_models as (

    select attribution_model
    from {{ ref('int_attribution_models') }}

),

credited as (

    select
        touch_month,
        channel,
        campaign,
        attribution_model,
        conversions,
        revenue,
        0e0 as spend
    from credits

),

spent as (

    select
        marketing_spend.touch_month,
        marketing_spend.channel,
        marketing_spend.campaign,
        attribution_models.attribution_model,
        0e0 as conversions,
        0e0 as revenue,
        cast(marketing_spend.spend as double) as spend
    from marketing_spend
    cross join attribution_models

),

both_sides as (

    select * from credited
    union all
    select * from spent

),

summed as (

    select
        touch_month,
        channel,
        campaign,
        attribution_model,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue,
        {{ stable_sum('spend') }} as spend
    from both_sides
    group by touch_month, channel, campaign, attribution_model

)

select * from summed
