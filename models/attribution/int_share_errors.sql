-- One row per (channel, attribution model): standard errors of the channel's
-- shares by leaving out one group of customers at a time (delete-a-group
-- jackknife): of all conversions, of the attributed ones, and of those of
-- channels that money can buy.
{%- set shares = ['conversion_share', 'attributed_share', 'fundable_share'] %}
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

shared as (

    select
        attribution_model,
        jackknife_group,
        channel,
        {{ share_of_total('conversions', ['attribution_model', 'jackknife_group']) }}
            as conversion_share,
        case
            when is_attributed
                then {{ share_of_total(
                    'conversions', ['attribution_model', 'jackknife_group', 'is_attributed']
                ) }}
        end as attributed_share,
        case
            when is_fundable
                then {{ share_of_total(
                    'conversions', ['attribution_model', 'jackknife_group', 'is_fundable']
                ) }}
        end as fundable_share
    from without_group

),

deviations as (

    select
        attribution_model,
        channel,
        {%- for share in shares %}
        -- In millionths, so that the sum of small squares keeps its digits.
        1e6 * ({{ share }} - {{ stable_sum(share, over='partition by attribution_model, channel') }}
            / count({{ share }}) over (partition by attribution_model, channel))
            as {{ share }}_deviation{{ ',' if not loop.last }}
        {%- endfor %}
    from shared

),

errors as (

    select
        attribution_model,
        channel,
        {%- for share in shares %}
        -- A single group says nothing about spread.
        case
            when count({{ share }}_deviation) > 1
                then sqrt(
                    (count({{ share }}_deviation) - 1e0) / count({{ share }}_deviation)
                    * {{ stable_sum(share ~ '_deviation * ' ~ share ~ '_deviation') }}
                ) / 1e6
        end as {{ share }}_std_error{{ ',' if not loop.last }}
        {%- endfor %}
    from deviations
    group by attribution_model, channel

)

select * from errors
