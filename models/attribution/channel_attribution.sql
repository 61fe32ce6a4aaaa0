-- One row per (conversion month, channel, attribution model): what the channel
-- earned of that month's conversions; ties out to orders month by month.
with

credits as (

    select
        attribution_model,
        channel,
        conversion_month,
        conversions,
        revenue
    from {{ ref('int_conversion_month_credits') }}

),

summed as (

    select
        conversion_month,
        channel,
        attribution_model,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from credits
    group by conversion_month, channel, attribution_model

),

shared as (

    select
        conversion_month,
        channel,
        attribution_model,
        conversions,
        revenue,
        {{ share_of_total('conversions', ['conversion_month', 'attribution_model']) }}
            as conversion_share,
        {{ share_of_total('revenue', ['conversion_month', 'attribution_model']) }}
            as revenue_share
    from summed

)

select * from shared
