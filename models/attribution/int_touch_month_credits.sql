-- One row per (attribution model, channel, campaign, touch month): conversions and
-- revenue credited to the month's touches. A data-driven model knows a channel's
-- total only; it is spread like the channel's linear credits.
{%- set data_driven = "'" ~ data_driven_models() | join("', '") ~ "'" %}
with

totals as (

    select *
    from {{ ref('int_credit_totals') }}

),

data_driven as (

    select
        attribution_model,
        channel,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from {{ ref('int_conversion_month_credits') }}
    where attribution_model in ({{ data_driven }})
    group by attribution_model, channel

),

{%- for model in attribution_models() %}

by_{{ model }} as (

    select
        '{{ model }}' as attribution_model,
        channel,
        campaign,
        touch_month,
        {{ stable_sum('conversions_' ~ model) }} as conversions,
        {{ stable_sum('revenue_' ~ model) }} as revenue
    from totals
    group by channel, campaign, touch_month

),
{%- endfor %}

-- A channel of journeys need not have a touch in any window: it is spread like
-- all of them together.
company_credits as (

    select
        touch_month,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from by_linear
    where channel <> 'unattributed'
    group by touch_month

),

channels_without_credits as (

    select distinct channel
    from data_driven
    where channel not in (select by_linear.channel from by_linear)

),

patterns as (

    select
        channel,
        campaign,
        touch_month,
        conversions,
        revenue
    from by_linear

    union all

    select
        channels_without_credits.channel,
        cast(null as string) as campaign,
        company_credits.touch_month,
        company_credits.conversions,
        company_credits.revenue
    from channels_without_credits
    cross join company_credits

),

pattern_shares as (

    select
        channel,
        campaign,
        touch_month,
        {{ share_of_total('conversions', ['channel']) }} as conversion_share,
        -- Worthless conversions are spread by their number, and so are those that cost
        -- more than they brought in some month: what cancels out is no pattern.
        coalesce(
            case
                when min(revenue) over (partition by channel) >= 0
                    then {{ share_of_total('revenue', ['channel']) }}
            end,
            {{ share_of_total('conversions', ['channel']) }}
        ) as revenue_share
    from patterns

),

spread as (

    select
        data_driven.attribution_model,
        data_driven.channel,
        pattern_shares.campaign,
        pattern_shares.touch_month,
        data_driven.conversions * pattern_shares.conversion_share as conversions,
        data_driven.revenue * pattern_shares.revenue_share as revenue
    from data_driven
    inner join pattern_shares
        on data_driven.channel = pattern_shares.channel

),

credits as (

    {%- for model in attribution_models() %}
    select * from by_{{ model }}
    union all
    {%- endfor %}
    select * from spread

)

select * from credits
