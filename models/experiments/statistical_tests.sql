-- One row per declared test: what it found, corrected for how many were made.
with

declared_tests as (

    select
        test_name,
        question,
        relation,
        metric_expression,
        trials_expression,
        group_expression,
        row_filter,
        declared_kind,
        display_order
    from {{ ref('int_declared_tests') }}

),

choices as (

    select * from {{ ref('int_test_choices') }}

),

statistics as (

    select * from {{ ref('int_test_statistics') }}

),

p_values as (

    select
        test_name,
        least(greatest(p_value, 0e0), 1e0) as p_value,
        t_quantile_975,
        noncentrality_low,
        noncentrality_high
    from {{ ref('ml_test_p_values') }}

),

kinds as (

    {%- for kind, spec in test_kinds().items() %}
    select
        '{{ kind }}' as kind,
        '{{ spec.hypothesis }}' as null_hypothesis
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- Corrections count the tests that gave a p-value.
ranked as (

    select
        test_name,
        p_value,
        count(*) over () as tests,
        row_number() over (order by p_value, test_name) as p_rank
    from p_values
    where p_value is not null

),

stepped as (

    select
        test_name,
        p_rank,
        (tests - p_rank + 1) * p_value as holm_step,
        p_value * (tests / cast(p_rank as double)) as bh_step
    from ranked

),

-- Holm (1979) from the smallest p-value up, Benjamini and Hochberg (1995) from the
-- largest down: a test never fares better than one with a smaller p-value.
corrected as (

    select
        test_name,
        least(
            max(holm_step) over (
                order by p_rank
                rows between unbounded preceding and current row
            ),
            1e0
        ) as p_value_holm,
        least(
            min(bh_step) over (
                order by p_rank
                rows between current row and unbounded following
            ),
            1e0
        ) as p_value_bh
    from stepped

),

-- Effects whose interval comes from a non-central distribution. The sample's effect is
-- a little too large on average; the interval is stretched to hold it all the same.
intervals as (

    select
        statistics.test_name,
        statistics.effect_name,
        statistics.effect_size,
        case
            when statistics.effect_name = 'omega squared'
                then
                    p_values.noncentrality_low
                    / (p_values.noncentrality_low + choices.row_count)
            when statistics.effect_name = 'eta squared of ranks'
                then
                    p_values.noncentrality_low
                    / nullif(choices.row_count - choices.group_count, 0)
            when statistics.effect_name = 'Cramér''s V'
                then sqrt(p_values.noncentrality_low / choices.trials)
            else statistics.effect_ci_low
        end as effect_ci_low,
        case
            when statistics.effect_name = 'omega squared'
                then
                    p_values.noncentrality_high
                    / (p_values.noncentrality_high + choices.row_count)
            when statistics.effect_name = 'eta squared of ranks'
                then
                    p_values.noncentrality_high
                    / nullif(choices.row_count - choices.group_count, 0)
            when statistics.effect_name = 'Cramér''s V'
                then sqrt(p_values.noncentrality_high / choices.trials)
            else statistics.effect_ci_high
        end as effect_ci_high,
        statistics.effect_name in ('omega squared', 'eta squared of ranks', 'Cramér''s V')
            as is_share_of_variation,
        coalesce(
            statistics.difference_ci_low,
            statistics.difference
            - p_values.t_quantile_975 * statistics.difference_std_error
        ) as difference_ci_low,
        coalesce(
            statistics.difference_ci_high,
            statistics.difference
            + p_values.t_quantile_975 * statistics.difference_std_error
        ) as difference_ci_high
    from statistics
    inner join p_values
        on statistics.test_name = p_values.test_name
    inner join choices
        on statistics.test_name = choices.test_name

),

-- A limit that cannot be computed stays unknown.
bounded as (

    select
        test_name,
        case
            when is_share_of_variation and effect_size is not null
                then least(effect_size, 1e0)
            else effect_size
        end as effect_size,
        case
            when is_share_of_variation and effect_ci_low is not null
                then least(effect_ci_low, effect_size, 1e0)
            else effect_ci_low
        end as effect_ci_low,
        case
            when is_share_of_variation and effect_ci_high is not null
                then least(greatest(effect_ci_high, effect_size), 1e0)
            else effect_ci_high
        end as effect_ci_high,
        difference_ci_low,
        difference_ci_high
    from intervals

),

warned as (

    select
        test_name,
        case
            when rows_without_group > 0
                then cast(rows_without_group as string) || ' rows without a group left out; '
            else ''
        end
        || case
            when rows_without_value > 0
                then cast(rows_without_value as string) || ' rows without a value left out; '
            else ''
        end
        || case
            when rows_without_finite_value > 0
                then
                    cast(rows_without_finite_value as string)
                    || ' rows whose value is no finite number left out; '
            else ''
        end
        || case
            when
                is_computable
                and method in ('chi_square', 'chi_square_yates')
                and smallest_expected_count < 5
                then
                    'an expected count of only '
                    || cast(round(smallest_expected_count, 2) as string)
                    || ', so the p-value is rough; '
            else ''
        end
        || case
            when is_computable and method = 'kruskal_wallis' and smallest_group_rows < 5
                then 'a group of fewer than 5 values, so the p-value is rough; '
            else ''
        end
        || case
            when
                is_computable
                and method in ('welch_t', 'welch_anova', 'anova')
                and smallest_group_rows < 10
                then
                    'a group of fewer than 10 values, whose shape hardly shows: the p-value'
                    || ' leans on normality; '
            else ''
        end as cautions
    from choices

),

tests as (

    select
        declared_tests.test_name,
        declared_tests.question,
        declared_tests.declared_kind,
        coalesce(statistics.method, choices.method) as method,
        choices.reason
        || case
            when statistics.method = 'mann_whitney_exact'
                then '; exact: no ties and a group of at most 8 values'
            else ''
        end as reason,
        case when warned.cautions <> '' then left(warned.cautions, length(warned.cautions) - 2) end
            as caution,
        kinds.null_hypothesis,
        choices.baseline_group,
        choices.compared_group,
        statistics.effect_name,
        declared_tests.relation,
        declared_tests.metric_expression,
        declared_tests.trials_expression,
        declared_tests.group_expression,
        declared_tests.row_filter,
        '{{ p_value_correction() }}' as p_value_correction,
        {% if p_value_correction() == 'holm' -%}
        corrected.p_value_holm
        {%- else -%}
        corrected.p_value_bh
        {%- endif %} <= cast({{ number_setting('significance_level') }} as double) as is_significant,
        cast(choices.group_count as bigint) as group_count,
        cast(choices.row_count as bigint) as row_count,
        choices.rows_without_group,
        choices.rows_without_value,
        choices.rows_without_finite_value,
        statistics.statistic,
        statistics.degrees_of_freedom,
        statistics.denominator_degrees_of_freedom,
        p_values.p_value,
        corrected.p_value_holm,
        corrected.p_value_bh,
        cast({{ number_setting('significance_level') }} as double) as significance_level,
        bounded.effect_size,
        bounded.effect_ci_low,
        bounded.effect_ci_high,
        statistics.difference,
        bounded.difference_ci_low,
        bounded.difference_ci_high,
        cast(declared_tests.display_order as integer) as display_order
    from declared_tests
    inner join choices
        on declared_tests.test_name = choices.test_name
    inner join warned
        on declared_tests.test_name = warned.test_name
    left join kinds
        on choices.method = kinds.kind
    left join statistics
        on declared_tests.test_name = statistics.test_name
    left join p_values
        on declared_tests.test_name = p_values.test_name
    left join corrected
        on declared_tests.test_name = corrected.test_name
    left join bounded
        on declared_tests.test_name = bounded.test_name

)

select * from tests
