-- One row per test that could be computed: its statistic and effect, and what its
-- p-value is looked up with.
with

shapiro_tests as (

    select
        choices.test_name,
        choices.method,
        normality_tests.w_statistic,
        normality_tests.normality_p_value
    from {{ ref('ml_shapiro_wilk') }} as normality_tests
    inner join {{ ref('int_test_choices') }} as choices
        on normality_tests.test_name = choices.test_name
    where
        choices.is_computable
        and choices.method = 'shapiro_wilk'

),

statistics as (

    select
        test_name,
        method,
        distribution,
        effect_name,
        statistic,
        statistic as distribution_value,
        degrees_of_freedom,
        denominator_degrees_of_freedom,
        effect_size,
        effect_ci_low,
        effect_ci_high,
        difference,
        difference_std_error,
        cast(null as double) as difference_ci_low,
        cast(null as double) as difference_ci_high,
        cast(null as double) as count_1,
        cast(null as double) as count_2,
        cast(null as double) as count_3,
        cast(null as double) as count_4,
        cast(null as double) as known_p_value
    from {{ ref('int_mean_tests') }}

    union all

    select
        test_name,
        method,
        distribution,
        effect_name,
        statistic,
        statistic as distribution_value,
        degrees_of_freedom,
        cast(null as double) as denominator_degrees_of_freedom,
        effect_size,
        effect_ci_low,
        effect_ci_high,
        difference,
        cast(null as double) as difference_std_error,
        difference_ci_low,
        difference_ci_high,
        successes as count_1,
        failures as count_2,
        baseline_successes as count_3,
        baseline_failures as count_4,
        cast(null as double) as known_p_value
    from {{ ref('int_share_tests') }}

    union all

    select
        test_name,
        method,
        distribution,
        effect_name,
        statistic,
        distribution_value,
        degrees_of_freedom,
        cast(null as double) as denominator_degrees_of_freedom,
        effect_size,
        effect_ci_low,
        effect_ci_high,
        cast(null as double) as difference,
        cast(null as double) as difference_std_error,
        cast(null as double) as difference_ci_low,
        cast(null as double) as difference_ci_high,
        row_count as count_1,
        baseline_row_count as count_2,
        cast(null as double) as count_3,
        cast(null as double) as count_4,
        cast(null as double) as known_p_value
    from {{ ref('int_rank_tests') }}

    union all

    select
        test_name,
        method,
        'known' as distribution,
        cast(null as string) as effect_name,
        w_statistic as statistic,
        w_statistic as distribution_value,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as denominator_degrees_of_freedom,
        cast(null as double) as effect_size,
        cast(null as double) as effect_ci_low,
        cast(null as double) as effect_ci_high,
        cast(null as double) as difference,
        cast(null as double) as difference_std_error,
        cast(null as double) as difference_ci_low,
        cast(null as double) as difference_ci_high,
        cast(null as double) as count_1,
        cast(null as double) as count_2,
        cast(null as double) as count_3,
        cast(null as double) as count_4,
        normality_p_value as known_p_value
    from shapiro_tests

)

select * from statistics
