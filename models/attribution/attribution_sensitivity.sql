-- One row per (setting, its value, channel, heuristic attribution model): the shares
-- that would come out under that value, all other settings as they stand.
with

totals as (

    select
        setting,
        setting_label,
        channel,
        attribution_model,
        is_current,
        setting_value,
        conversions,
        revenue,
        sampled_conversions,
        sampled_share
    from {{ ref('int_sensitivity_totals') }}

),

channels_now as (

    select
        channel,
        is_attributed,
        spend
    from {{ ref('int_channels') }}

),

-- A channel may be credited under a tried value only; nobody pays for it.
all_channels as (

    select * from channels_now
    union all
    select distinct
        totals.channel,
        totals.channel <> 'unattributed' as is_attributed,
        0e0 as spend
    from totals
    left join channels_now
        on totals.channel = channels_now.channel
    where channels_now.channel is null

),

channels as (

    select
        channel,
        is_attributed,
        {{ share_of_total('spend', ['1']) }} as budget_share
    from all_channels

),

-- Every model credits every conversion under every value.
settings as (

    select distinct
        setting,
        setting_label,
        attribution_model,
        is_current,
        setting_value,
        sampled_conversions,
        sampled_share
    from totals

),

-- Every channel under every value, without credit too.
complete as (

    select
        settings.*,
        channels.channel,
        channels.is_attributed,
        coalesce(totals.conversions, 0e0) as conversions,
        coalesce(totals.revenue, 0e0) as revenue,
        channels.budget_share
    from settings
    cross join channels
    left join totals
        on settings.setting = totals.setting
        and settings.setting_label = totals.setting_label
        and settings.attribution_model = totals.attribution_model
        and channels.channel = totals.channel

),

shares as (

    select
        *,
        {{ share_of_total('conversions', ['setting', 'setting_label', 'attribution_model']) }}
            as conversion_share,
        {{ share_of_total('revenue', ['setting', 'setting_label', 'attribution_model']) }}
            as revenue_share,
        case
            when is_attributed
                then {{ share_of_total('conversions', [
                    'setting', 'setting_label', 'attribution_model', 'is_attributed'
                ]) }}
        end as attributed_share
    from complete

),

gaps as (

    select
        *,
        case when is_attributed then attributed_share - budget_share end as budget_gap
    from shares

),

beside_now as (

    select
        *,
        max(case when is_current then budget_gap end) over now as gap_now,
        max(case when is_current then conversion_share end) over now
            as conversion_share_now,
        max(case when is_current then revenue_share end) over now as revenue_share_now
    from gaps
    window now as (partition by setting, channel, attribution_model)

),

compared as (

    select
        setting,
        setting_label,
        channel,
        attribution_model,
        is_current,
        budget_gap * gap_now < 0 as flips_budget_gap,
        setting_value,
        conversion_share,
        revenue_share,
        conversion_share - conversion_share_now as conversion_share_shift,
        revenue_share - revenue_share_now as revenue_share_shift,
        budget_gap,
        sampled_conversions,
        sampled_share
    from beside_now

)

select * from compared
