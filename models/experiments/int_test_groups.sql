-- One row per group of a test that has a usable row: size, place and spread.
--
-- Sums of squares of large values lose what distinguishes them, so each value is
-- first counted from its group's median, in units of the farthest one: scaled values
-- lie in [-1, 1], and their mean is never more than a standard deviation from 0.
with

usable as (

    select
        test_name,
        group_name,
        value,
        trials
    from {{ ref('int_test_values') }}
    where is_usable

),

declared_tests as (

    select
        test_name,
        trials_expression is not null as has_trials
    from {{ ref('int_declared_tests') }}

),

places as (

    select
        usable.test_name,
        usable.group_name,
        declared_tests.has_trials,
        count(*) as row_count,
        min(usable.value) as minimum,
        max(usable.value) as maximum,
        percentile_cont(0.5) within group (order by usable.value) as median,
        -- Whole numbers of events out of whole numbers of chances.
        min(case
            when
                usable.value >= 0
                and usable.value = floor(usable.value)
                and usable.trials >= 0
                and usable.trials = floor(usable.trials)
                and usable.trials <= 1e12
                and (declared_tests.has_trials or usable.value <= usable.trials)
                then 1
            else 0
        end) as is_count,
        sum(cast(
            case when usable.value between 0 and 1e12 then usable.value end
            as decimal(38, 0)
        )) as events,
        sum(cast(
            case when usable.trials between 0 and 1e12 then usable.trials end
            as decimal(38, 0)
        )) as chances
    from usable
    inner join declared_tests
        on usable.test_name = declared_tests.test_name
    group by usable.test_name, usable.group_name, declared_tests.has_trials

),

spreads as (

    select
        *,
        greatest(maximum - median, median - minimum) as spread
    from places

),

scaled as (

    select
        usable.test_name,
        usable.group_name,
        coalesce((usable.value - spreads.median) / nullif(spreads.spread, 0e0), 0e0) as z
    from usable
    inner join spreads
        on usable.test_name = spreads.test_name
        and usable.group_name = spreads.group_name

),

sums as (

    select
        test_name,
        group_name,
        count(*) as row_count,
        {{ stable_sum('z', decimals=28) }} as sum_z,
        {{ stable_sum('z * z', decimals=28) }} as sum_z2,
        {{ stable_sum('z * z * z', decimals=28) }} as sum_z3
    from scaled
    group by test_name, group_name

),

centred as (

    select
        *,
        sum_z / row_count as mean_z,
        greatest(sum_z2 - sum_z * sum_z / row_count, 0e0) as squares_z
    from sums

),

described as (

    select
        spreads.test_name,
        spreads.group_name,
        spreads.has_trials,
        spreads.is_count = 1 and spreads.events <= spreads.chances as is_yes_no,
        spreads.row_count,
        cast(spreads.events as double) as successes,
        cast(spreads.chances as double) as trials,
        spreads.minimum,
        spreads.maximum,
        spreads.median,
        spreads.spread,
        centred.mean_z,
        centred.squares_z,
        spreads.median + spreads.spread * centred.mean_z as mean,
        spreads.spread * sqrt(centred.squares_z / nullif(spreads.row_count - 1, 0)) as std_dev,
        -- Third moment over the 1.5th power of the second, both about the mean.
        (
            centred.sum_z3
            - 3 * centred.mean_z * centred.sum_z2
            + 2 * spreads.row_count * power(centred.mean_z, 3)
        ) / spreads.row_count
        / nullif(power(centred.squares_z / spreads.row_count, 1.5), 0e0) as skewness
    from spreads
    inner join centred
        on spreads.test_name = centred.test_name
        and spreads.group_name = centred.group_name

)

select * from described
