-- One row per test of ranks: its statistic, where to look it up, and its effect.
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
        and method in ('mann_whitney', 'kruskal_wallis')

),

group_ranks as (

    select
        ranks.test_name,
        ranks.group_name,
        choices.method,
        choices.baseline_group = ranks.group_name as is_baseline,
        ranks.row_count,
        ranks.rank_sum,
        ranks.wins,
        ranks.placement_squares,
        {{ stable_sum('ranks.row_count', over='partition by ranks.test_name', decimals=0) }}
            as total_rows,
        {{ stable_sum('ranks.tie_term', over='partition by ranks.test_name', decimals=0) }}
            as tie_term
    from {{ ref('int_test_ranks') }} as ranks
    inner join choices
        on ranks.test_name = choices.test_name

),

-- Mann–Whitney --------------------------------------------------------------------

pairs as (

    select
        compared.test_name,
        compared.wins as u,
        compared.row_count,
        baselines.row_count as baseline_row_count,
        compared.row_count * baselines.row_count as pair_count,
        compared.total_rows,
        compared.tie_term,
        2 * compared.wins / (compared.row_count * baselines.row_count) - 1 as delta,
        -- Of the shares of pairs that each row wins, in units of delta.
        case
            when compared.row_count > 1 and baselines.row_count > 1
                then
                    2 * sqrt(
                        compared.placement_squares / (compared.row_count - 1)
                        / power(baselines.row_count, 2) / compared.row_count
                        + baselines.placement_squares / (baselines.row_count - 1)
                        / power(compared.row_count, 2) / baselines.row_count
                    )
        end as delta_error
    from group_ranks as compared
    inner join group_ranks as baselines
        on compared.test_name = baselines.test_name
    where
        compared.method = 'mann_whitney'
        and not compared.is_baseline
        and baselines.is_baseline

),

pair_statistics as (

    select
        *,
        tie_term = 0
        and least(row_count, baseline_row_count) <= 8
        -- Counting every order of the rows takes too long beyond that.
        and pair_count <= 1e6 as is_exact,
        (greatest(u, pair_count - u) - pair_count / 2 - 0.5e0) / sqrt(
            pair_count / 12 * (total_rows + 1 - tie_term / (total_rows * (total_rows - 1)))
        ) as z,
        power({{ normal_quantile_975() }}, 2) as quantile_square,
        least(row_count, baseline_row_count) as fewest_rows
    from pairs

),

-- Cliff (1993) with the asymmetric interval of Feng and Cliff (2004), which stays
-- within [-1, 1]; where the groups do not overlap there is no spread to go by.
u_tests as (

    select
        test_name,
        case when is_exact then 'mann_whitney_exact' else 'mann_whitney_corrected' end
            as method,
        case when is_exact then 'rank_sum' else 'normal' end as distribution,
        'Cliff''s delta' as effect_name,
        u as statistic,
        case when is_exact then u else z end as distribution_value,
        cast(null as double) as degrees_of_freedom,
        delta as effect_size,
        case
            when delta_error is null then cast(null as double)
            when delta = 1
                then (fewest_rows - quantile_square) / (fewest_rows + quantile_square)
            when delta = -1 then -1e0
            else
                greatest(
                    (
                        delta - power(delta, 3)
                        - {{ normal_quantile_975() }} * delta_error * sqrt(
                            power(1 - delta * delta, 2)
                            + quantile_square * delta_error * delta_error
                        )
                    ) / (1 - delta * delta + quantile_square * delta_error * delta_error),
                    -1e0
                )
        end as effect_ci_low,
        case
            when delta_error is null then cast(null as double)
            when delta = -1
                then (quantile_square - fewest_rows) / (quantile_square + fewest_rows)
            when delta = 1 then 1e0
            else
                least(
                    (
                        delta - power(delta, 3)
                        + {{ normal_quantile_975() }} * delta_error * sqrt(
                            power(1 - delta * delta, 2)
                            + quantile_square * delta_error * delta_error
                        )
                    ) / (1 - delta * delta + quantile_square * delta_error * delta_error),
                    1e0
                )
        end as effect_ci_high,
        row_count,
        baseline_row_count
    from pair_statistics

),

-- Kruskal–Wallis ------------------------------------------------------------------

rank_spreads as (

    select
        test_name,
        total_rows,
        tie_term,
        count(*) as group_count,
        {{ stable_sum(
            'row_count * power(rank_sum / row_count - (total_rows + 1) / 2, 2)', decimals=10
        ) }} as squares_between
    from group_ranks
    where method = 'kruskal_wallis'
    group by test_name, total_rows, tie_term

),

h_statistics as (

    select
        test_name,
        total_rows,
        group_count,
        12 * squares_between / (total_rows * (total_rows + 1))
        / (1 - tie_term / (power(total_rows, 3) - total_rows)) as h
    from rank_spreads

),

h_tests as (

    select
        test_name,
        'kruskal_wallis' as method,
        'chi_square' as distribution,
        'eta squared of ranks' as effect_name,
        h as statistic,
        h as distribution_value,
        cast(group_count - 1 as double) as degrees_of_freedom,
        -- Groups of one row each leave nothing to explain.
        case
            when total_rows > group_count
                then greatest((h - group_count + 1) / (total_rows - group_count), 0e0)
        end as effect_size,
        -- From the non-central distribution, which is not SQL's.
        cast(null as double) as effect_ci_low,
        cast(null as double) as effect_ci_high,
        cast(null as double) as row_count,
        cast(null as double) as baseline_row_count
    from h_statistics

),

rank_tests as (

    select * from u_tests
    union all
    select * from h_tests

)

select * from rank_tests
