-- One row per (channel, attribution model) over the whole period: what each
-- model says the channel earned, how sure that is, and its share of the budget.
with

credits as (

    select
        attribution_model,
        channel,
        conversions,
        revenue
    from {{ ref('int_conversion_month_credits') }}

),

channels as (

    select
        channel,
        is_attributed,
        spend
    from {{ ref('int_channels') }}

),

share_errors as (

    select
        attribution_model,
        channel,
        conversion_share_std_error,
        attributed_share_std_error
    from {{ ref('int_share_errors') }}

),

attribution_models as (

    select attribution_model
    from {{ ref('int_attribution_models') }}

),

credit_by_channel as (

    select
        attribution_model,
        channel,
        {{ stable_sum('conversions') }} as conversions,
        {{ stable_sum('revenue') }} as revenue
    from credits
    group by attribution_model, channel

),

-- Every channel under every model, spend without credit included.
complete as (

    select
        channels.channel,
        attribution_models.attribution_model,
        channels.is_attributed,
        coalesce(credit_by_channel.conversions, 0e0) as conversions,
        coalesce(credit_by_channel.revenue, 0e0) as revenue,
        channels.spend,
        share_errors.conversion_share_std_error as share_std_error,
        share_errors.attributed_share_std_error
    from channels
    cross join attribution_models
    left join credit_by_channel
        on channels.channel = credit_by_channel.channel
        and attribution_models.attribution_model = credit_by_channel.attribution_model
    left join share_errors
        on channels.channel = share_errors.channel
        and attribution_models.attribution_model = share_errors.attribution_model

),

shared as (

    select
        channel,
        attribution_model,
        conversions,
        revenue,
        {{ share_of_total('conversions', ['attribution_model']) }} as conversion_share,
        {{ share_of_total('revenue', ['attribution_model']) }} as revenue_share,
        case
            when is_attributed
                then {{ share_of_total('conversions', ['attribution_model', 'is_attributed']) }}
        end as attributed_share,
        case
            when is_attributed
                then {{ share_of_total('spend', ['attribution_model']) }}
        end as budget_share,
        share_std_error,
        attributed_share_std_error
    from complete

),

compared as (

    select
        channel,
        attribution_model,
        conversions,
        revenue,
        conversion_share,
        share_std_error,
        conversion_share - {{ normal_quantile_975() }} * share_std_error as share_ci_low,
        conversion_share + {{ normal_quantile_975() }} * share_std_error as share_ci_high,
        revenue_share,
        attributed_share,
        budget_share,
        attributed_share - budget_share as budget_gap,
        attributed_share - budget_share
        - {{ normal_quantile_975() }} * attributed_share_std_error as budget_gap_ci_low,
        attributed_share - budget_share
        + {{ normal_quantile_975() }} * attributed_share_std_error as budget_gap_ci_high
    from shared

)

select * from compared
