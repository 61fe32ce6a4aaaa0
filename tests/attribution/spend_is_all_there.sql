-- Under every model the spend of a month is the spend that was recorded: no
-- channel is dropped for earning nothing, none counted twice.
with

recorded as (

    select
        cast(date_trunc('month', spend_date) as date) as touch_month,
        cast(sum(spend) as double) as spend
    from {{ ref('stg_marketing_spend') }}
    where {{ happened_by_as_of('spend_date') }}
    group by cast(date_trunc('month', spend_date) as date)

),

reported as (

    {%- for mart in ['channel_performance', 'campaign_performance'] %}
    select
        '{{ mart }}' as mart,
        attribution_model,
        touch_month,
        sum(spend) as spend
    from {{ ref(mart) }}
    group by attribution_model, touch_month
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    reported.mart,
    reported.attribution_model,
    coalesce(recorded.touch_month, reported.touch_month) as touch_month,
    recorded.spend as recorded_spend,
    reported.spend as reported_spend
from recorded
full outer join reported
    on recorded.touch_month = reported.touch_month
where not abs(coalesce(recorded.spend, 0) - coalesce(reported.spend, 0)) <= 1e-6
