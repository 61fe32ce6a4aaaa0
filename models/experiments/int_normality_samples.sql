-- One row per value of a group whose shape decides a test, or is what is tested.
with

facts as (

    select
        test_name,
        declared_kind,
        is_yes_no,
        has_trials,
        group_count,
        smallest_group_rows
    from {{ ref('int_test_facts') }}

),

test_groups as (

    select
        test_name,
        group_name,
        row_count,
        squares_z,
        skewness
    from {{ ref('int_test_groups') }}

),

test_values as (

    select
        test_name,
        group_name,
        value
    from {{ ref('int_test_values') }}
    where is_usable

),

-- Royston's approximation holds for 3 to 5,000 values.
wanted as (

    select
        test_groups.test_name,
        test_groups.group_name
    from test_groups
    inner join facts
        on test_groups.test_name = facts.test_name
    where
        test_groups.row_count between 3 and 5000
        and test_groups.squares_z > 0
        and (
            facts.declared_kind = 'shapiro_wilk'
            or (
                facts.declared_kind = 'auto'
                and not facts.is_yes_no
                and not facts.has_trials
                and facts.group_count >= 2
                and facts.smallest_group_rows >= 3
                and (
                    test_groups.row_count < 30
                    or test_groups.row_count
                    < 25 * test_groups.skewness * test_groups.skewness
                )
            )
        )

),

samples as (

    select
        test_values.test_name,
        test_values.group_name,
        test_values.value
    from test_values
    inner join wanted
        on test_values.test_name = wanted.test_name
        and test_values.group_name = wanted.group_name

)

select * from samples
