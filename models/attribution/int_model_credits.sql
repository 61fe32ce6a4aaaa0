-- One row per (attribution model, jackknife group, channel, campaign, touch
-- month, conversion month): conversions and revenue credited. Where every
-- attribution model meets, whatever computed it.
with

totals as (

    select *
    from {{ ref('int_credit_totals') }}

),

by_model as (

    {%- for model in attribution_models() %}
    select
        '{{ model }}' as attribution_model,
        jackknife_group,
        channel,
        campaign,
        touch_month,
        conversion_month,
        conversions_{{ model }} as conversions,
        revenue_{{ model }} as revenue
    from totals
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from by_model
