-- One row per (fundable channel, attribution model): current spend, and a
-- proposal that moves part of the difference between credit and budget, only
-- where the difference is beyond doubt, and leaves the total as it is.
with

channels as (

    select
        channel,
        spend as current_spend
    from {{ ref('int_channels') }}
    where is_fundable

),

credits as (

    select
        channel,
        attribution_model,
        conversions
    from {{ ref('attribution_comparison') }}

),

share_errors as (

    select
        channel,
        attribution_model,
        fundable_share_std_error
    from {{ ref('int_share_errors') }}

),

shared as (

    select
        channels.channel,
        credits.attribution_model,
        channels.current_spend,
        {{ share_of_total('credits.conversions', ['credits.attribution_model']) }}
            as credit_share,
        {{ share_of_total('channels.current_spend', ['credits.attribution_model']) }}
            as budget_share,
        share_errors.fundable_share_std_error
    from channels
    inner join credits
        on channels.channel = credits.channel
    inner join share_errors
        on credits.channel = share_errors.channel
        and credits.attribution_model = share_errors.attribution_model

),

gaps as (

    select
        channel,
        attribution_model,
        current_spend,
        credit_share,
        budget_share,
        credit_share - budget_share as gap,
        credit_share - budget_share
        - {{ normal_quantile_975() }} * fundable_share_std_error as gap_ci_low,
        credit_share - budget_share
        + {{ normal_quantile_975() }} * fundable_share_std_error as gap_ci_high
    from shared

),

-- What a channel should gain (above 0) or give up (below 0), in money.
wished as (

    select
        *,
        case
            when gap_ci_low > 0 or gap_ci_high < 0
                then greatest(
                    gap * {{ stable_sum('current_spend', over='partition by attribution_model') }},
                    -- A channel of negative worth can give up no more than it has.
                    -current_spend
                )
            else 0e0
        end as wished_change
    from gaps

),

-- As much can be given as is given up, and no more.
balanced as (

    select
        *,
        coalesce({{ stable_sum(
            'case when wished_change > 0 then wished_change end',
            over='partition by attribution_model'
        ) }}, 0e0) as wanted,
        coalesce({{ stable_sum(
            'case when wished_change < 0 then -wished_change end',
            over='partition by attribution_model'
        ) }}, 0e0) as given_up
    from wished

),

moved as (

    select
        *,
        coalesce(
            {{ number_setting('reallocation_step', at_least=0, at_most=1) }}
            * wished_change
            * least(wanted, given_up)
            / nullif(case when wished_change > 0 then wanted else given_up end, 0e0),
            0e0
        ) as change
    from balanced

),

recommended as (

    select
        channel,
        attribution_model,
        case
            when change > 0 then 'increase'
            when change < 0 then 'decrease'
            else 'hold'
        end as action,
        current_spend,
        current_spend + change as proposed_spend,
        credit_share,
        budget_share,
        gap,
        gap_ci_low,
        gap_ci_high
    from moved

)

select * from recommended
