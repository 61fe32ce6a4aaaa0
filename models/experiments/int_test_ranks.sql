-- One row per group of a test of ranks: its ranks among all values of the test, where
-- equal values share the mean of their ranks.
with

choices as (

    select test_name
    from {{ ref('int_test_choices') }}
    where
        is_computable
        and method in ('mann_whitney', 'kruskal_wallis')

),

test_values as (

    select
        test_name,
        group_name,
        value
    from {{ ref('int_test_values') }}
    where is_usable

),

counted as (

    select
        test_values.test_name,
        test_values.group_name,
        test_values.value,
        count(*) as occurrences
    from test_values
    inner join choices
        on test_values.test_name = choices.test_name
    group by test_values.test_name, test_values.group_name, test_values.value

),

-- Rows up to and with a value, in its group and in all groups.
cumulated as (

    select
        test_name,
        group_name,
        value,
        occurrences,
        sum(occurrences) over (
            partition by test_name, group_name
            order by value
            rows between unbounded preceding and current row
        ) as rows_so_far_in_group,
        sum(occurrences) over (partition by test_name, value) as tied_rows,
        sum(occurrences) over (
            partition by test_name
            order by value
            range between unbounded preceding and current row
        ) as rows_so_far
    from counted

),

ranked as (

    select
        test_name,
        group_name,
        value,
        cast(occurrences as double) as occurrences,
        cast(tied_rows as double) as tied_rows,
        -- The mean rank of equal values; halves at most, so doubles hold it exactly.
        cast(rows_so_far as double) - (cast(tied_rows as double) - 1) / 2 as mean_rank,
        cast(rows_so_far_in_group as double) - (cast(occurrences as double) - 1) / 2
            as mean_rank_in_group
    from cumulated

),

group_ranks as (

    select
        test_name,
        group_name,
        {{ stable_sum('occurrences', decimals=1) }} as row_count,
        {{ stable_sum('occurrences * mean_rank', decimals=1) }} as rank_sum,
        -- Rows of the other groups below a value, halves of those equal to it.
        {{ stable_sum('occurrences * (mean_rank - mean_rank_in_group)', decimals=1) }}
            as wins,
        -- Of t equal values each of the groups' shares of t³ - t; summed over groups.
        {{ stable_sum('occurrences * (tied_rows * tied_rows - 1)', decimals=0) }} as tie_term
    from ranked
    group by test_name, group_name

),

placements as (

    select
        ranked.test_name,
        ranked.group_name,
        ranked.occurrences,
        ranked.mean_rank - ranked.mean_rank_in_group
        - group_ranks.wins / group_ranks.row_count as deviation
    from ranked
    inner join group_ranks
        on ranked.test_name = group_ranks.test_name
        and ranked.group_name = group_ranks.group_name

),

placement_spreads as (

    select
        test_name,
        group_name,
        {{ stable_sum('occurrences * deviation * deviation') }}
            as placement_squares
    from placements
    group by test_name, group_name

),

ranks as (

    select
        group_ranks.test_name,
        group_ranks.group_name,
        group_ranks.row_count,
        group_ranks.rank_sum,
        group_ranks.wins,
        group_ranks.tie_term,
        placement_spreads.placement_squares
    from group_ranks
    inner join placement_spreads
        on group_ranks.test_name = placement_spreads.test_name
        and group_ranks.group_name = placement_spreads.group_name

)

select * from ranks
