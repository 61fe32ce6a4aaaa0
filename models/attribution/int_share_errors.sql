-- One row per (channel, attribution model): standard errors of the channel's
-- shares by leaving out one group of customers at a time (delete-a-group
-- jackknife): of all conversions, of the attributed ones, and of those of
-- channels that money can buy.
with

left_out_conversions as (

    select
        attribution_model,
        jackknife_group,
        channel,
        conversions
    from {{ ref('int_left_out_conversions') }}

),

channels as (

    select
        channel,
        is_attributed,
        is_fundable
    from {{ ref('int_channels') }}

),

sampling_errors as (

    select
        attribution_model,
        channel,
        sampling_share_std_error
    from {{ ref('int_data_driven_shares') }}
    where left_out_group is null

),

fits as (

    select distinct
        attribution_model,
        jackknife_group
    from left_out_conversions

),

-- What is left of each channel without each group.
without_group as (

    select
        fits.attribution_model,
        fits.jackknife_group,
        channels.channel,
        channels.is_attributed,
        channels.is_fundable,
        coalesce(left_out_conversions.conversions, 0e0) as conversions
    from fits
    cross join channels
    left join left_out_conversions
        on fits.attribution_model = left_out_conversions.attribution_model
        and fits.jackknife_group = left_out_conversions.jackknife_group
        and channels.channel = left_out_conversions.channel

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
        share,
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
        -- A single group says nothing about spread, nor do groups without one of which
        -- there is no share.
        case
            when count(*) > 1 and count(deviation) = count(*)
                then sqrt(
                    (count(deviation) - 1e0) / count(deviation)
                    * {{ stable_sum('deviation * deviation', decimals=9) }}
                ) / 1e6
        end as std_error,
        {{ stable_sum('share') }} as share_sum
    from deviations
    group by share_name, attribution_model, channel

),

attributed_errors as (

    select
        attribution_model,
        channel,
        share_sum
    from errors
    where share_name = 'attributed_share'

),

-- A share that was sampled is unsure for that reason too, in proportion.
with_sampling as (

    select
        errors.share_name,
        errors.attribution_model,
        errors.channel,
        case
            when coalesce(sampling_errors.sampling_share_std_error, 0e0) = 0e0
                then errors.std_error
            else sqrt(
                power(errors.std_error, 2)
                + power(
                    sampling_errors.sampling_share_std_error
                    * errors.share_sum / nullif(attributed_errors.share_sum, 0e0),
                    2
                )
            )
        end as std_error
    from errors
    left join attributed_errors
        on errors.attribution_model = attributed_errors.attribution_model
        and errors.channel = attributed_errors.channel
    left join sampling_errors
        on errors.attribution_model = sampling_errors.attribution_model
        and errors.channel = sampling_errors.channel

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
    from with_sampling
    group by attribution_model, channel

)

select * from side_by_side
