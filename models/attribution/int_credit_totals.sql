-- One row per (jackknife group, channel, campaign, touch month, conversion
-- month): credits and credited revenue of every heuristic model, summed once so
-- that no mart has to read the touchpoints again.
with

credits as (

    select
        jackknife_group,
        channel,
        campaign,
        conversion_value,
        {%- for model in attribution_models() %}
        credit_{{ model }},
        {%- endfor %}
        touch_month,
        conversion_month
    from {{ ref('touchpoint_credits') }}

),

totals as (

    select
        jackknife_group,
        channel,
        campaign,
        {%- for model in attribution_models() %}
        {{ stable_sum('credit_' ~ model, digits=18) }} as conversions_{{ model }},
        {{ stable_sum('credit_' ~ model ~ ' * conversion_value') }} as revenue_{{ model }},
        {%- endfor %}
        touch_month,
        conversion_month
    from credits
    group by jackknife_group, channel, campaign, touch_month, conversion_month

)

select * from totals
