-- One row per declared test: what decides which method fits, or why none does.
with

declared_tests as (

    select
        test_name,
        declared_kind,
        declared_baseline,
        trials_expression is not null as has_trials
    from {{ ref('int_declared_tests') }}

),

test_values as (

    select
        test_name,
        group_name,
        is_usable,
        value
    from {{ ref('int_test_values') }}

),

test_groups as (

    select
        test_name,
        group_name,
        is_yes_no,
        row_count,
        successes,
        trials,
        minimum,
        maximum,
        squares_z,
        skewness
    from {{ ref('int_test_groups') }}

),

row_counts as (

    select
        test_name,
        count(*) as all_rows,
        count(case when group_name is null then 1 end) as rows_without_group,
        count(case when group_name is not null and value is null then 1 end)
            as rows_without_value,
        count(case when not is_usable then 1 end) as unusable_rows
    from test_values
    group by test_name

),

group_facts as (

    select
        test_name,
        count(*) as group_count,
        sum(row_count) as row_count,
        min(row_count) as smallest_group_rows,
        min(group_name) as first_group,
        max(group_name) as last_group,
        min(minimum) as minimum,
        max(maximum) as maximum,
        sum(cast(successes as decimal(38, 0))) as successes,
        sum(cast(trials as decimal(38, 0))) as trials,
        min(trials) as smallest_trials,
        min(case when is_yes_no then 1 else 0 end) as is_yes_no,
        count(case when squares_z > 0 then 1 end) as groups_with_spread,
        -- Cochran's rule: so many rows make a mean normal enough for its skewness.
        count(case
            when row_count >= 30 and row_count >= 25 * skewness * skewness then 1
        end) as large_groups
    from test_groups
    group by test_name

),

baselines as (

    select
        declared_tests.test_name,
        test_groups.group_name as found_baseline
    from declared_tests
    inner join test_groups
        on declared_tests.test_name = test_groups.test_name
        and declared_tests.declared_baseline = test_groups.group_name

),

facts as (

    select
        declared_tests.test_name,
        declared_tests.declared_kind,
        declared_tests.declared_baseline,
        case
            when declared_tests.declared_baseline is null then group_facts.first_group
            else baselines.found_baseline
        end as baseline_group,
        declared_tests.has_trials,
        coalesce(group_facts.is_yes_no = 1, false) as is_yes_no,
        coalesce(group_facts.group_count, 0) as group_count,
        coalesce(group_facts.row_count, 0) as row_count,
        coalesce(group_facts.smallest_group_rows, 0) as smallest_group_rows,
        group_facts.groups_with_spread,
        group_facts.large_groups,
        group_facts.minimum,
        group_facts.maximum,
        cast(group_facts.successes as double) as successes,
        cast(group_facts.trials as double) as trials,
        group_facts.first_group,
        group_facts.last_group,
        -- Of all cells of the table of groups by yes and no.
        cast(group_facts.smallest_trials as double)
        * least(
            cast(group_facts.successes as double),
            cast(group_facts.trials - group_facts.successes as double)
        )
        / nullif(cast(group_facts.trials as double), 0e0) as smallest_expected_count,
        coalesce(row_counts.all_rows, 0) as all_rows,
        coalesce(row_counts.rows_without_group, 0) as rows_without_group,
        coalesce(row_counts.rows_without_value, 0) as rows_without_value,
        coalesce(
            row_counts.unusable_rows - row_counts.rows_without_group
            - row_counts.rows_without_value,
            0
        ) as rows_without_finite_value
    from declared_tests
    left join group_facts
        on declared_tests.test_name = group_facts.test_name
    left join row_counts
        on declared_tests.test_name = row_counts.test_name
    left join baselines
        on declared_tests.test_name = baselines.test_name

)

select * from facts
