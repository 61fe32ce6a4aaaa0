-- One row per (jackknife group, conversion month): conversions and revenue that
-- had a touch to thank, and those that had none, whatever the model.
with

totals as (

    select
        jackknife_group,
        conversion_month,
        channel <> 'unattributed' as is_attributed,
        conversions_linear as conversions,
        revenue_linear as revenue
    from {{ ref('int_credit_totals') }}

),

summed as (

    select
        jackknife_group,
        conversion_month,
        is_attributed,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from totals
    group by jackknife_group, conversion_month, is_attributed

)

select * from summed
