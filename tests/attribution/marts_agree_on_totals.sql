-- Over the whole period every attribution mart tells the same conversions and
-- revenue under a model: by conversion month, by touch month, by campaign and
-- over all.
with

totals as (

    {%- for mart in [
        'channel_attribution', 'channel_performance', 'campaign_performance',
        'attribution_comparison',
    ] %}
    select
        '{{ mart }}' as mart,
        attribution_model,
        channel,
        sum(conversions) as conversions,
        sum(revenue) as revenue
    from {{ ref(mart) }}
    group by attribution_model, channel
    having sum(conversions) <> 0 or sum(revenue) <> 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    attribution_model,
    channel,
    min(conversions) as fewest_conversions,
    max(conversions) as most_conversions,
    min(revenue) as least_revenue,
    max(revenue) as most_revenue
from totals
group by attribution_model, channel
having
    count(*) <> 4
    or not max(conversions) - min(conversions) <= 1e-9 * (1 + max(abs(conversions)))
    or not max(revenue) - min(revenue) <= 1e-9 * (1 + max(abs(revenue)))
