-- One row per (attribution model, channel, conversion month): conversions and
-- revenue credited. Where every attribution model meets, whatever computed it.
with

totals as (

    select *
    from {{ ref('int_credit_totals') }}

),

attributed_totals as (

    select
        conversion_month,
        is_attributed,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from {{ ref('int_attributed_totals') }}
    group by conversion_month, is_attributed

),

shares as (

    select
        attribution_model,
        channel,
        conversion_share,
        revenue_share
    from {{ ref('int_data_driven_shares') }}
    where left_out_group is null

),

data_driven_models as (

    select
        attribution_model,
        count(conversion_share) > 0 as has_shares
    from shares
    group by attribution_model

),

{%- for model in attribution_models() %}

by_{{ model }} as (

    select
        '{{ model }}' as attribution_model,
        channel,
        conversion_month,
        {{ stable_sum('conversions_' ~ model) }} as conversions,
        {{ stable_sum('revenue_' ~ model) }} as revenue
    from totals
    group by channel, conversion_month

),
{%- endfor %}

-- A month's conversions with a touch, shared by what the whole period taught.
shared_out as (

    select
        shares.attribution_model,
        shares.channel,
        attributed_totals.conversion_month,
        attributed_totals.conversions * shares.conversion_share as conversions,
        attributed_totals.revenue * shares.revenue_share as revenue
    from shares
    inner join attributed_totals
        on
        attributed_totals.is_attributed
        and shares.conversion_share is not null

),

-- What had no touch, and all where a model cannot tell.
left_over as (

    select
        data_driven_models.attribution_model,
        'unattributed' as channel,
        attributed_totals.conversion_month,
        {{ stable_sum('attributed_totals.conversions') }} as conversions,
        {{ stable_sum('attributed_totals.revenue') }} as revenue
    from data_driven_models
    inner join attributed_totals
        on not (attributed_totals.is_attributed and data_driven_models.has_shares)
    group by data_driven_models.attribution_model, attributed_totals.conversion_month

),

credits as (

    {%- for model in attribution_models() %}
    select * from by_{{ model }}
    union all
    {%- endfor %}
    select * from shared_out
    union all
    select * from left_over

)

select * from credits
