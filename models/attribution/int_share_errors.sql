-- One row per (channel, attribution model): standard errors of the channel's
-- shares by leaving out one group of customers at a time (delete-a-group
-- jackknife): of all conversions, of the attributed ones, and of those of
-- channels that money can buy.
with

credits as (

    select
        attribution_model,
        jackknife_group,
        channel,
        conversions
    from {{ ref('int_model_credits') }}

),

channels as (

    select
        channel,
        is_attributed,
        is_fundable
    from {{ ref('int_channels') }}

),

by_group as (

    select
        attribution_model,
        jackknife_group,
        channel,
        {{ stable_sum('conversions') }} as conversions
    from credits
    group by attribution_model, jackknife_group, channel

),

groups as (

    select distinct
        attribution_model,
        jackknife_group
    from by_group

),

by_channel as (

    select
        attribution_model,
        channel,
        {{ stable_sum('conversions') }} as conversions
    from by_group
    group by attribution_model, channel

),

-- What is left of each channel without each group.
without_group as (

    select
        groups.attribution_model,
        groups.jackknife_group,
        channels.channel,
        channels.is_attributed,
        channels.is_fundable,
        coalesce(by_channel.conversions, 0e0) - coalesce(by_group.conversions, 0e0)
            as conversions
    from groups
    cross join channels
    left join by_channel
        on groups.attribution_model = by_channel.attribution_model
        and channels.channel = by_channel.channel
    left join by_group
        on groups.attribution_model = by_group.attribution_model
        and groups.jackknife_group = by_group.jackknife_group
        and channels.channel = by_group.channel

),

-- The same channels three times: as parts of all conversions, of the attributed
-- ones, and of those that money can buy.
parts as (

    select
        'conversion_share' as share_name,
        attribution_model,
        jackknife_group,
        channel,
        conversions
    from without_group

    union all

    select
        'attributed_share' as share_name,
        attribution_model,
        jackknife_group,
        channel,
        conversions
    from without_group
    where is_attributed

    union all

    select
        'fundable_share' as share_name,
        attribution_model,
        jackknife_group,
        channel,
        conversions
    from without_group
    where is_fundable

),

shares as (

    select
        share_name,
        attribution_model,
        channel,
        {{ share_of_total(
            'conversions', ['share_name', 'attribution_model', 'jackknife_group']
        ) }} as share
    from parts

),

deviations as (

    select
        share_name,
        attribution_model,
        channel,
        -- In millionths, so that the sum of small squares keeps its digits.
        1e6 * (
            share
            - {{ stable_sum('share', over='partition by share_name, attribution_model, channel') }}
            / count(share) over (partition by share_name, attribution_model, channel)
        ) as deviation
    from shares

),

errors as (

    select
        share_name,
        attribution_model,
        channel,
        -- A single group says nothing about spread.
        case
            when count(deviation) > 1
                then sqrt(
                    (count(deviation) - 1e0) / count(deviation)
                    * {{ stable_sum('deviation * deviation') }}
                ) / 1e6
        end as std_error
    from deviations
    group by share_name, attribution_model, channel

),

side_by_side as (

    select
        attribution_model,
        channel,
        max(case when share_name = 'conversion_share' then std_error end)
            as conversion_share_std_error,
        max(case when share_name = 'attributed_share' then std_error end)
            as attributed_share_std_error,
        max(case when share_name = 'fundable_share' then std_error end)
            as fundable_share_std_error
    from errors
    group by attribution_model, channel

)

select * from side_by_side
