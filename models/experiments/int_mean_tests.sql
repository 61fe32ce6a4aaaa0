-- One row per test of means: its statistic, where to look it up, and its effect.
--
-- Means are compared as distances from one group's, so that values near 10¹² keep the
-- digits they differ in; sums over groups are made of shares of the largest term.
with

choices as (

    select
        test_name,
        method,
        baseline_group,
        compared_group
    from {{ ref('int_test_choices') }}
    where
        is_computable
        and method in ('welch_t', 'anova', 'welch_anova')

),

groups_of_tests as (

    select
        test_groups.test_name,
        test_groups.group_name,
        choices.method,
        choices.compared_group,
        choices.baseline_group = test_groups.group_name as is_baseline,
        cast(test_groups.row_count as double) as row_count,
        test_groups.median,
        test_groups.spread,
        test_groups.mean_z,
        test_groups.squares_z,
        test_groups.std_dev
    from {{ ref('int_test_groups') }} as test_groups
    inner join choices
        on test_groups.test_name = choices.test_name

),

baselines as (

    select
        test_name,
        row_count as baseline_row_count,
        median as baseline_median,
        spread * mean_z as baseline_offset,
        std_dev as baseline_std_dev
    from groups_of_tests
    where is_baseline

),

distances as (

    select
        groups_of_tests.*,
        baselines.baseline_row_count,
        baselines.baseline_std_dev,
        (groups_of_tests.median - baselines.baseline_median)
        + (groups_of_tests.spread * groups_of_tests.mean_z - baselines.baseline_offset)
            as distance
    from groups_of_tests
    inner join baselines
        on groups_of_tests.test_name = baselines.test_name

),

-- Welch's t -----------------------------------------------------------------------

pairs as (

    select
        test_name,
        method,
        distance,
        row_count,
        baseline_row_count,
        greatest(std_dev, baseline_std_dev) as unit,
        std_dev / greatest(std_dev, baseline_std_dev) as scaled_std_dev,
        baseline_std_dev / greatest(std_dev, baseline_std_dev) as scaled_baseline_std_dev
    from distances
    where
        method = 'welch_t'
        and not is_baseline

),

pair_errors as (

    select
        *,
        scaled_std_dev * scaled_std_dev / row_count as error_square,
        scaled_baseline_std_dev * scaled_baseline_std_dev / baseline_row_count
            as baseline_error_square,
        (
            scaled_std_dev * scaled_std_dev
            + scaled_baseline_std_dev * scaled_baseline_std_dev
        ) / 2 as mean_variance
    from pairs

),

pair_statistics as (

    select
        *,
        unit * sqrt(error_square + baseline_error_square) as std_error,
        distance / (unit * sqrt(error_square + baseline_error_square)) as t,
        power(error_square + baseline_error_square, 2) / (
            power(error_square, 2) / (row_count - 1)
            + power(baseline_error_square, 2) / (baseline_row_count - 1)
        ) as degrees_of_freedom,
        distance / (unit * sqrt(mean_variance)) as standardised,
        power(scaled_std_dev, 2) / mean_variance as variance_ratio,
        power(scaled_baseline_std_dev, 2) / mean_variance as baseline_variance_ratio
    from pair_errors

),

-- Bonett (2008): does not ask for equal variances.
pair_effects as (

    select
        *,
        sqrt(
            power(standardised, 2) * (
                power(variance_ratio, 2) / (row_count - 1)
                + power(baseline_variance_ratio, 2) / (baseline_row_count - 1)
            ) / 8
            + variance_ratio / (row_count - 1)
            + baseline_variance_ratio / (baseline_row_count - 1)
        ) as standardised_error
    from pair_statistics

),

t_tests as (

    select
        test_name,
        method,
        't' as distribution,
        'standardised mean difference' as effect_name,
        t as statistic,
        degrees_of_freedom,
        cast(null as double) as denominator_degrees_of_freedom,
        standardised as effect_size,
        standardised - {{ normal_quantile_975() }} * standardised_error as effect_ci_low,
        standardised + {{ normal_quantile_975() }} * standardised_error as effect_ci_high,
        distance as difference,
        std_error as difference_std_error
    from pair_effects

),

-- Analysis of variance ------------------------------------------------------------

units as (

    select
        test_name,
        count(*) as group_count,
        {{ stable_sum('row_count', decimals=0) }} as total_rows,
        max(abs(distance)) as distance_unit,
        max(spread) as spread_unit,
        max(row_count / nullif(std_dev * std_dev, 0e0)) as weight_unit
    from distances
    where method in ('anova', 'welch_anova')
    group by test_name

),

scaled as (

    select
        distances.test_name,
        distances.method,
        distances.row_count,
        units.group_count,
        units.total_rows,
        units.distance_unit,
        units.spread_unit,
        units.weight_unit,
        coalesce(distances.distance / nullif(units.distance_unit, 0e0), 0e0) as place,
        power(distances.spread / units.spread_unit, 2) * distances.squares_z
            as squares_within,
        -- What a group's mean weighs: by its rows, or by its precision.
        case
            when distances.method = 'anova' then distances.row_count
            else distances.row_count / power(distances.std_dev, 2) / units.weight_unit
        end as weight
    from distances
    inner join units
        on distances.test_name = units.test_name

),

weighted as (

    select
        *,
        {{ stable_sum('weight', over='partition by test_name', decimals=28) }} as weights,
        {{ stable_sum('weight * place', over='partition by test_name', decimals=28) }}
        / {{ stable_sum('weight', over='partition by test_name', decimals=28) }}
            as grand_place
    from scaled

),

group_sums as (

    select
        test_name,
        method,
        group_count,
        total_rows,
        distance_unit,
        spread_unit,
        weight_unit,
        {{ stable_sum('weight * power(place - grand_place, 2)', decimals=28) }}
            as squares_between,
        {{ stable_sum('squares_within', decimals=28) }} as squares_within,
        {{ stable_sum('power(1 - weight / weights, 2) / nullif(row_count - 1, 0)',
            decimals=28) }} as imprecision
    from weighted
    group by
        test_name, method, group_count, total_rows, distance_unit, spread_unit, weight_unit

),

variance_ratios as (

    select
        test_name,
        method,
        total_rows,
        cast(group_count - 1 as double) as degrees_of_freedom,
        case
            when method = 'anova' then total_rows - group_count
            else (power(group_count, 2) - 1) / (3 * imprecision)
        end as denominator_degrees_of_freedom,
        case
            when method = 'anova'
                then
                    power(distance_unit / spread_unit, 2)
                    * (squares_between / (group_count - 1))
                    / (squares_within / (total_rows - group_count))
            else
                distance_unit * distance_unit * weight_unit
                * (squares_between / (group_count - 1))
                / (
                    1 + 2 * (group_count - 2) * imprecision
                    / (power(group_count, 2) - 1)
                )
        end as f
    from group_sums

),

f_tests as (

    select
        test_name,
        method,
        'f' as distribution,
        'omega squared' as effect_name,
        f as statistic,
        degrees_of_freedom,
        denominator_degrees_of_freedom,
        greatest(
            degrees_of_freedom * (f - 1) / (degrees_of_freedom * (f - 1) + total_rows),
            0e0
        ) as effect_size,
        -- From the non-central distribution, which is not SQL's.
        cast(null as double) as effect_ci_low,
        cast(null as double) as effect_ci_high,
        cast(null as double) as difference,
        cast(null as double) as difference_std_error
    from variance_ratios

),

mean_tests as (

    select * from t_tests
    union all
    select * from f_tests

)

select * from mean_tests
