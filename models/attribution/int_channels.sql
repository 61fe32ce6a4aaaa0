-- One row per channel that was credited or paid for, and unattributed: whether
-- money can buy it.
with

credits as (

    select distinct channel
    from {{ ref('int_conversion_month_credits') }}

),

marketing_spend as (

    select
        channel,
        sum(spend) as spend
    from {{ ref('stg_marketing_spend') }}
    where {{ happened_by_as_of('spend_date') }}
    group by channel

),

paid_channels as (

    select distinct channel
    from {{ ref('stg_channel_spellings') }}
    where is_paid

),

all_channels as (

    select channel from credits
    union
    select channel from marketing_spend

),

channels as (

    select
        all_channels.channel,
        all_channels.channel <> 'unattributed' as is_attributed,
        -- What is paid for, or bought as a rule.
        paid_channels.channel is not null
        or coalesce(marketing_spend.spend, 0) > 0 as is_fundable,
        cast(coalesce(marketing_spend.spend, 0) as double) as spend
    from all_channels
    left join marketing_spend
        on all_channels.channel = marketing_spend.channel
    left join paid_channels
        on all_channels.channel = paid_channels.channel

)

select * from channels
