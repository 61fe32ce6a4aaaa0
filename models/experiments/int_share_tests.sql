-- One row per test of shares: its statistic, where to look it up, and its effect.
with

choices as (

    select
        test_name,
        method,
        baseline_group,
        compared_group,
        group_count,
        successes as all_successes,
        trials as all_trials,
        successes / trials as share
    from {{ ref('int_test_choices') }}
    where
        is_computable
        and is_about_shares

),

groups_of_tests as (

    select
        choices.*,
        choices.baseline_group = test_groups.group_name as is_baseline,
        choices.compared_group = test_groups.group_name as is_compared,
        test_groups.successes,
        test_groups.trials,
        test_groups.successes / test_groups.trials as group_share
    from {{ ref('int_test_groups') }} as test_groups
    inner join choices
        on test_groups.test_name = choices.test_name

),

-- Wilson's interval of each share, of which the interval of a difference is made.
intervals as (

    select
        *,
        (
            group_share + power({{ normal_quantile_975() }}, 2) / (2 * trials)
            - {{ normal_quantile_975() }} * sqrt(
                group_share * (1 - group_share) / trials
                + power({{ normal_quantile_975() }} / (2 * trials), 2)
            )
        ) / (1 + power({{ normal_quantile_975() }}, 2) / trials) as share_ci_low,
        (
            group_share + power({{ normal_quantile_975() }}, 2) / (2 * trials)
            + {{ normal_quantile_975() }} * sqrt(
                group_share * (1 - group_share) / trials
                + power({{ normal_quantile_975() }} / (2 * trials), 2)
            )
        ) / (1 + power({{ normal_quantile_975() }}, 2) / trials) as share_ci_high
    from groups_of_tests

),

compared as (

    select
        test_name,
        successes,
        trials,
        group_share,
        share_ci_low,
        share_ci_high
    from intervals
    where is_compared

),

baselines as (

    select
        test_name,
        successes,
        trials,
        group_share,
        share_ci_low,
        share_ci_high
    from intervals
    where is_baseline

),

-- Newcombe's hybrid score interval (1998, method 10).
differences as (

    select
        compared.test_name,
        compared.successes,
        compared.trials - compared.successes as failures,
        baselines.successes as baseline_successes,
        baselines.trials - baselines.successes as baseline_failures,
        compared.group_share - baselines.group_share as difference,
        compared.group_share - baselines.group_share - sqrt(
            power(compared.group_share - compared.share_ci_low, 2)
            + power(baselines.share_ci_high - baselines.group_share, 2)
        ) as difference_ci_low,
        compared.group_share - baselines.group_share + sqrt(
            power(compared.share_ci_high - compared.group_share, 2)
            + power(baselines.group_share - baselines.share_ci_low, 2)
        ) as difference_ci_high
    from compared
    inner join baselines
        on compared.test_name = baselines.test_name

),

-- How far the successes of a group are from what the common share lets expect.
-- Yates: half a success nearer to it, but not beyond.
deviations as (

    select
        test_name,
        method,
        group_count,
        all_trials,
        share,
        trials,
        case
            when method = 'chi_square_yates'
                then greatest(abs(successes - trials * share) - 0.5e0, 0e0)
            else successes - trials * share
        end as deviation
    from groups_of_tests

),

chi_squares as (

    select
        test_name,
        method,
        group_count,
        all_trials,
        {{ stable_sum('deviation * deviation / (trials * share * (1 - share))') }}
            as chi_square
    from deviations
    group by test_name, method, group_count, all_trials

),

share_tests as (

    select
        chi_squares.test_name,
        chi_squares.method,
        case
            when chi_squares.method = 'fisher_exact' then 'hypergeometric' else 'chi_square'
        end as distribution,
        case
            when chi_squares.group_count = 2 then 'difference of shares' else 'Cramér''s V'
        end as effect_name,
        case
            -- The odds ratio, where no zero makes it infinite.
            when chi_squares.method = 'fisher_exact'
                then
                    differences.successes * differences.baseline_failures
                    / nullif(differences.failures * differences.baseline_successes, 0e0)
            else chi_squares.chi_square
        end as statistic,
        case
            when chi_squares.method <> 'fisher_exact'
                then cast(chi_squares.group_count - 1 as double)
        end as degrees_of_freedom,
        case
            when chi_squares.group_count = 2 then differences.difference
            else sqrt(chi_squares.chi_square / chi_squares.all_trials)
        end as effect_size,
        differences.difference_ci_low as effect_ci_low,
        differences.difference_ci_high as effect_ci_high,
        differences.difference,
        differences.difference_ci_low,
        differences.difference_ci_high,
        differences.successes,
        differences.failures,
        differences.baseline_successes,
        differences.baseline_failures
    from chi_squares
    left join differences
        on chi_squares.test_name = differences.test_name

)

select * from share_tests
