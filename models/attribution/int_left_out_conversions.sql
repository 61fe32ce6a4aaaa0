-- One row per (attribution model, left-out customer group, channel): conversions
-- credited to the channel without the customers of that group. Data-driven models
-- are fitted anew without them.
with

totals as (

    select *
    from {{ ref('int_credit_totals') }}

),

attributed_totals as (

    select
        jackknife_group,
        is_attributed,
        {{ stable_sum('conversions') }} as conversions
    from {{ ref('int_attributed_totals') }}
    group by jackknife_group, is_attributed

),

shares as (

    select
        attribution_model,
        left_out_group,
        channel,
        conversion_share
    from {{ ref('int_data_driven_shares') }}

),

group_channels as (

    select
        jackknife_group,
        channel,
    {%- for model in attribution_models() %}
    {{ stable_sum('conversions_' ~ model) }} as {{ model }}
    {{- ',' if not loop.last }}
    {%- endfor %}
    from totals
    group by jackknife_group, channel

),

conversion_groups as (

    select distinct jackknife_group
    from group_channels

),

by_group as (

    {%- for model in attribution_models() %}
    select
        '{{ model }}' as attribution_model,
        jackknife_group,
        channel,
        {{ model }} as conversions
    from group_channels
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

by_channel as (

    select
        attribution_model,
        channel,
        {{ stable_sum('conversions') }} as conversions
    from by_group
    group by attribution_model, channel

),

heuristic as (

    select
        by_channel.attribution_model,
        conversion_groups.jackknife_group,
        by_channel.channel,
        by_channel.conversions - coalesce(by_group.conversions, 0e0) as conversions
    from by_channel
    cross join conversion_groups
    left join by_group
        on by_channel.attribution_model = by_group.attribution_model
        and by_channel.channel = by_group.channel
        and conversion_groups.jackknife_group = by_group.jackknife_group

),

-- A group matters to a fit by its conversions or by its journeys.
fit_groups as (

    select jackknife_group from conversion_groups
    union
    select left_out_group as jackknife_group
    from shares
    where left_out_group is not null

),

left_over_totals as (

    select
        fit_groups.jackknife_group,
        {{ stable_sum(
            'case when attributed_totals.is_attributed then attributed_totals.conversions'
            ~ ' else 0e0 end'
        ) }} as attributed_conversions,
        {{ stable_sum(
            'case when not attributed_totals.is_attributed then attributed_totals.conversions'
            ~ ' else 0e0 end'
        ) }} as unattributed_conversions
    from fit_groups
    left join attributed_totals
        on fit_groups.jackknife_group <> attributed_totals.jackknife_group
    group by fit_groups.jackknife_group

),

-- Without a group that has no journey, the fit is as it was.
fits as (

    select
        whole_fit.attribution_model,
        fit_groups.jackknife_group,
        whole_fit.channel,
        case
            when left_out_fit.channel is not null then left_out_fit.conversion_share
            else whole_fit.conversion_share
        end as conversion_share
    from shares as whole_fit
    cross join fit_groups
    left join shares as left_out_fit
        on whole_fit.attribution_model = left_out_fit.attribution_model
        and whole_fit.channel = left_out_fit.channel
        and fit_groups.jackknife_group = left_out_fit.left_out_group
    where whole_fit.left_out_group is null

),

data_driven as (

    select
        fits.attribution_model,
        fits.jackknife_group,
        fits.channel,
        left_over_totals.attributed_conversions * coalesce(fits.conversion_share, 0e0)
            as conversions
    from fits
    inner join left_over_totals
        on fits.jackknife_group = left_over_totals.jackknife_group

),

data_driven_left_over as (

    select
        fits.attribution_model,
        fits.jackknife_group,
        'unattributed' as channel,
        max(left_over_totals.unattributed_conversions)
        + case
            when count(fits.conversion_share) = 0
                then max(left_over_totals.attributed_conversions)
            else 0e0
        end as conversions
    from fits
    inner join left_over_totals
        on fits.jackknife_group = left_over_totals.jackknife_group
    group by fits.attribution_model, fits.jackknife_group

),

left_out as (

    select * from heuristic
    union all
    select * from data_driven
    union all
    select * from data_driven_left_over

)

select * from left_out
