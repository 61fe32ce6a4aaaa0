-- One row per (feature scaling, feature): how a feature becomes a number that distances
-- can be measured in. Standard: less its mean, over its standard deviation. Unskewed:
-- the same after the power (none, square root or logarithm) that leaves it least skewed,
-- because the few largest customers would otherwise decide every distance; and cut at
-- three deviations, so that a handful of them is no segment of its own.
with

snapshots as (

    select *
    from {{ ref('int_customer_snapshots') }}

),

snapshot_dates as (

    select snapshot_date
    from {{ ref('int_snapshot_dates') }}
    where is_as_of

),

buyers as (

    select
        {%- for feature in segment_features() %}
        cast(snapshots.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        snapshots.customer_id
    from snapshots
    inner join snapshot_dates
        on snapshots.snapshot_date = snapshot_dates.snapshot_date
    where snapshots.total_orders > 0

),

-- One row a customer, feature and power, without reading the customers again for each.
features as (

    select
        names.feature,
        case names.feature
            {%- for feature in segment_features() %}
            when '{{ feature }}' then buyers.{{ feature }}
            {%- endfor %}
        end as feature_value
    from buyers
    cross join (
        values
        {%- for feature in segment_features() %}
        ('{{ feature }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as names (feature)

),

powered as (

    select
        features.feature,
        powers.power,
        powers.power_order,
        {{ powered_value('features.feature_value', 'powers.power') }} as powered_value
    from features
    cross join (
        values ('none', 1), ('sqrt', 2), ('log', 3)
    ) as powers (power, power_order)

),

-- Moments of values over their largest, and of what is left of them centred: sums of
-- large squares and cubes would lose their digits.
largest as (

    select
        feature,
        power,
        power_order,
        count(powered_value) as customers,
        nullif(max(abs(powered_value)), 0e0) as largest_value
    from powered
    group by feature, power, power_order

),

means as (

    select
        largest.feature,
        largest.power,
        largest.power_order,
        largest.customers,
        largest.largest_value,
        {{ stable_sum('powered.powered_value / largest.largest_value') }}
        / max(largest.customers) as relative_mean
    from powered
    inner join largest
        on powered.feature = largest.feature
        and powered.power = largest.power
    group by
        largest.feature,
        largest.power,
        largest.power_order,
        largest.customers,
        largest.largest_value

),

variances as (

    select
        means.feature,
        means.power,
        means.power_order,
        means.customers,
        means.largest_value,
        means.relative_mean,
        sqrt(
            {{ stable_sum(
                '(powered.powered_value / means.largest_value - means.relative_mean)'
                ~ ' * (powered.powered_value / means.largest_value - means.relative_mean)'
            ) }} / max(means.customers)
        ) as relative_deviation
    from powered
    inner join means
        on powered.feature = means.feature
        and powered.power = means.power
    group by
        means.feature,
        means.power,
        means.power_order,
        means.customers,
        means.largest_value,
        means.relative_mean

),

skews as (

    select
        variances.feature,
        variances.power,
        variances.power_order,
        coalesce(max(variances.relative_mean * variances.largest_value), 0e0) as center,
        coalesce(max(variances.relative_deviation * variances.largest_value), 0e0)
            as spread,
        coalesce(
            {{ stable_sum(
                'power((powered.powered_value / variances.largest_value'
                ~ ' - variances.relative_mean) / nullif(variances.relative_deviation, 0e0), 3)'
            ) }} / max(variances.customers),
            0e0
        ) as skewness
    from powered
    inner join variances
        on powered.feature = variances.feature
        and powered.power = variances.power
    group by variances.feature, variances.power, variances.power_order

),

ranked as (

    select
        *,
        row_number() over (partition by feature order by abs(skewness), power_order)
            as skewness_rank
    from skews

),

scalings as (

    select
        'standard' as feature_scaling,
        feature,
        power,
        center,
        spread,
        skewness,
        1e300 as cut
    from ranked
    where power = 'none'
    union all
    select
        'unskewed' as feature_scaling,
        feature,
        power,
        center,
        spread,
        skewness,
        3e0 as cut
    from ranked
    where skewness_rank = 1

)

select * from scalings
