-- One row per threshold: what acting on all test orders from this return probability on
-- would have cost, and what it was expected to cost.
{%- set price = number_setting('return_intervention_cost', at_least=0) %}
{%- set success = number_setting('return_intervention_success', at_least=0, at_most=1) %}
with

predictions as (

    select
        return_probability,
        case when was_returned then 1 else 0 end as returned,
        cost_if_returned,
        expected_return_cost
    from {{ ref('return_predictions') }}
    where
        data_split = 'test'
        and return_probability is not null
        and cost_if_returned is not null

),

digits as (

    select listed.digit
    from (
        values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)
    ) as listed (digit)

),

-- 0: act on every order; 1.01: on none.
thresholds as (

    select
        tens.digit * 10 + ones.digit as percent,
        cast((tens.digit * 10 + ones.digit) / 100e0 as double) as threshold
    from digits as tens
    cross join digits as ones
    union all
    select
        100 as percent,
        1e0 as threshold
    union all
    select
        101 as percent,
        1.01e0 as threshold

),

-- Orders of one hundredth are alike to all thresholds.
hundredths as (

    select
        cast(floor(return_probability * 100 + 1e-9) as integer) as percent,
        count(*) as orders,
        sum(returned) as returned,
        {{ stable_sum('expected_return_cost') }} as expected_cost,
        {{ stable_sum('cost_if_returned * returned') }} as realised_cost
    from predictions
    group by floor(return_probability * 100 + 1e-9)

),

totals as (

    select
        sum(orders) as orders,
        sum(returned) as returned,
        {{ stable_sum('expected_cost') }} as expected_cost,
        {{ stable_sum('realised_cost') }} as realised_cost
    from hundredths

),

acted_on as (

    select
        thresholds.percent,
        thresholds.threshold,
        coalesce(sum(hundredths.orders), 0) as orders,
        coalesce(sum(hundredths.returned), 0) as returned,
        coalesce({{ stable_sum('hundredths.expected_cost') }}, 0e0) as expected_cost,
        coalesce({{ stable_sum('hundredths.realised_cost') }}, 0e0) as realised_cost
    from thresholds
    left join hundredths
        on thresholds.percent <= hundredths.percent
    group by thresholds.percent, thresholds.threshold

),

costed as (

    select
        acted_on.threshold,
        cast(acted_on.orders as bigint) as orders_acted_on,
        cast(acted_on.returned as bigint) as returns_caught,
        cast(acted_on.returned as double) / nullif(acted_on.orders, 0) as precision_share,
        cast(acted_on.returned as double) / nullif(totals.returned, 0) as recall_share,
        {{ price }}e0 * acted_on.orders as intervention_cost,
        totals.expected_cost - {{ success }}e0 * acted_on.expected_cost as expected_return_cost,
        totals.realised_cost - {{ success }}e0 * acted_on.realised_cost as realised_return_cost
    from acted_on
    cross join totals
    where totals.orders > 0

),

summed as (

    select
        *,
        intervention_cost + expected_return_cost as expected_total_cost,
        intervention_cost + realised_return_cost as realised_total_cost
    from costed

),

-- Of thresholds alike the highest: it bothers fewest.
ranked as (

    select
        *,
        row_number() over (order by expected_total_cost asc, threshold desc) as cost_rank
    from summed

),

return_thresholds as (

    select
        threshold,
        cost_rank = 1 as is_cheapest,
        orders_acted_on,
        returns_caught,
        precision_share,
        recall_share,
        intervention_cost,
        expected_return_cost,
        expected_total_cost,
        realised_return_cost,
        realised_total_cost
    from ranked

)

select * from return_thresholds
