-- One row per group of a declared test: how many, how large, how spread.
with

declared_tests as (

    select
        test_name,
        display_order
    from {{ ref('int_declared_tests') }}

),

choices as (

    select
        test_name,
        baseline_group,
        is_about_shares
    from {{ ref('int_test_choices') }}

),

test_groups as (

    select * from {{ ref('int_test_groups') }}

),

normality_tests as (

    select
        test_name,
        group_name,
        w_statistic,
        normality_p_value
    from {{ ref('ml_shapiro_wilk') }}

),

named as (

    select
        test_groups.*,
        coalesce(choices.baseline_group = test_groups.group_name, false) as is_baseline,
        -- A share is events by chances, a mean is by rows.
        choices.is_about_shares and test_groups.is_yes_no as is_share,
        case
            when choices.is_about_shares and test_groups.is_yes_no
                then test_groups.successes / nullif(test_groups.trials, 0e0)
            when not (choices.is_about_shares and test_groups.has_trials)
                then test_groups.mean
        end as group_mean
    from test_groups
    inner join choices
        on test_groups.test_name = choices.test_name

),

baselines as (

    select
        test_name,
        group_mean as baseline_mean,
        median as baseline_median,
        spread * mean_z as baseline_offset
    from named
    where is_baseline

),

described as (

    select
        named.test_name,
        named.group_name,
        named.is_baseline,
        named.row_count,
        case when named.is_share then named.successes end as successes,
        case when named.is_share then named.trials end as trials,
        named.group_mean as mean,
        -- Spread of rows; where rows are counts of chances it is not that of the share.
        case when not named.has_trials then named.std_dev end as std_dev,
        case when not named.has_trials then named.median end as median,
        case when not named.has_trials then named.minimum end as minimum,
        case when not named.has_trials then named.maximum end as maximum,
        case when not named.has_trials then named.skewness end as skewness,
        case
            when named.is_share then named.group_mean - baselines.baseline_mean
            when named.group_mean is not null
                then
                    (named.median - baselines.baseline_median)
                    + (named.spread * named.mean_z - baselines.baseline_offset)
        end as difference_from_baseline,
        normality_tests.w_statistic,
        normality_tests.normality_p_value,
        cast(declared_tests.display_order as integer) as display_order
    from named
    inner join declared_tests
        on named.test_name = declared_tests.test_name
    left join baselines
        on named.test_name = baselines.test_name
    left join normality_tests
        on named.test_name = normality_tests.test_name
        and named.group_name = normality_tests.group_name

)

select * from described
