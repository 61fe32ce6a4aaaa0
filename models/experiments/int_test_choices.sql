-- One row per declared test: the method that fits it and why, or why none does.
with

facts as (

    select * from {{ ref('int_test_facts') }}

),

normality_tests as (

    select
        test_name,
        normality_p_value
    from {{ ref('ml_shapiro_wilk') }}

),

normality as (

    select
        test_name,
        count(*) as tested_groups,
        min(normality_p_value) as smallest_normality_p
    from normality_tests
    group by test_name

),

kinds as (

    {%- for kind, spec in test_kinds().items() %}
    select
        '{{ kind }}' as kind,
        '{{ spec.groups }}' as compares,
        '{{ spec.metric }}' as needs_metric
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

known as (

    select
        facts.*,
        coalesce(kinds.compares, 'any') as compares,
        coalesce(
            kinds.needs_metric = 'yes_no',
            facts.is_yes_no or facts.has_trials
        ) as is_about_shares,
        facts.group_count - facts.large_groups as small_groups,
        coalesce(normality.tested_groups, 0) as tested_groups,
        normality.smallest_normality_p,
        case
            when normality.smallest_normality_p < 1e-4 then 'below 0.0001'
            else cast(round(normality.smallest_normality_p, 4) as string)
        end as smallest_normality_p_text
    from facts
    left join kinds
        on facts.declared_kind = kinds.kind
    left join normality
        on facts.test_name = normality.test_name

),

obstacles as (

    select
        *,
        case
            when all_rows = 0 then 'no data: its relation has no rows'
            when row_count = 0 and rows_without_group = all_rows
                then 'no data: no row has a group'
            when row_count = 0 then 'no data: no row has a value'
            when compares <> 'none' and group_count = 1
                then 'only one group has values: ' || first_group
            when declared_baseline is not null and baseline_group is null
                then 'the baseline ' || declared_baseline || ' has no values'
            when compares = 'two' and group_count > 2
                then
                    declared_kind || ' compares two groups, and there are '
                    || cast(group_count as string)
            when is_about_shares and not is_yes_no and has_trials
                then 'metric and trials are not counts of events and of chances for them'
            when is_about_shares and not is_yes_no
                then declared_kind || ' needs a metric that is true or false, 1 or 0'
            when is_about_shares and smallest_expected_count is null
                then 'there was no chance in any group'
            when is_about_shares and (successes = 0 or successes = trials)
                then 'every outcome is the same: there is nothing to tell apart'
            when is_about_shares and smallest_expected_count = 0
                then 'a group had no chance at all'
            when not is_about_shares and minimum = maximum
                then 'every value is the same: there is nothing to tell apart'
            when compares = 'none' and row_count < 3
                then 'shapiro_wilk needs at least 3 values'
            when compares = 'none' and row_count > 5000
                then
                    'shapiro_wilk is known for up to 5000 values, and there are '
                    || cast(row_count as string)
            when declared_kind in ('welch_t', 'welch_anova') and smallest_group_rows < 2
                then declared_kind || ' needs at least 2 values in every group'
            when declared_kind = 'anova' and row_count <= group_count
                then 'anova needs a group of at least 2 values'
            when declared_kind in ('welch_t', 'anova') and groups_with_spread = 0
                then 'no group has any spread'
            when declared_kind = 'welch_anova' and groups_with_spread < group_count
                then 'a group has no spread'
        end as obstacle
    from known

),

-- The automatic choice: shares by their expected counts, numbers by whether their
-- means can be trusted to be normal.
chosen as (

    select
        *,
        case
            when obstacle is not null and declared_kind = 'auto' then cast(null as string)
            when declared_kind <> 'auto' then declared_kind
            when is_about_shares and group_count > 2 then 'chi_square'
            when is_about_shares and smallest_expected_count < 5 then 'fisher_exact'
            when is_about_shares then 'chi_square_yates'
            when
                small_groups = 0
                or (
                    groups_with_spread = group_count
                    and tested_groups = small_groups
                    and smallest_normality_p >= 0.05
                )
                then case when group_count = 2 then 'welch_t' else 'welch_anova' end
            when group_count = 2 then 'mann_whitney'
            else 'kruskal_wallis'
        end as method,
        case
            when group_count = 2 then 'two groups'
            else cast(group_count as string) || ' groups'
        end as groups_text
    from obstacles

),

explained as (

    select
        *,
        case
            when obstacle is not null then obstacle
            when declared_kind <> 'auto' then 'declared as ' || declared_kind
            when is_about_shares and group_count > 2
                then 'a share in ' || groups_text
            when method = 'fisher_exact'
                then
                    'a share in two groups with an expected count of '
                    || cast(round(smallest_expected_count, 2) as string)
                    || ', below 5'
            when is_about_shares
                then
                    'a share in two groups with expected counts of at least '
                    || cast(floor(smallest_expected_count) as bigint)
            when small_groups = 0
                then
                    groups_text || ' of at least ' || cast(smallest_group_rows as string)
                    || ' values, enough for their skewness to trust the means'
            when method in ('welch_t', 'welch_anova')
                then
                    groups_text || ' whose values may be normal (smallest Shapiro–Wilk p '
                    || smallest_normality_p_text || ')'
            when smallest_group_rows < 3
                then groups_text || ', one with fewer than 3 values'
            when groups_with_spread < group_count
                then groups_text || ', one without any spread'
            when tested_groups < small_groups
                then groups_text || ', one too skewed to trust its mean'
            else
                groups_text || ' too few for their skewness, with values that are not normal'
                || ' (smallest Shapiro–Wilk p ' || smallest_normality_p_text || ')'
        end as reason
    from chosen

),

choices as (

    select
        test_name,
        method,
        reason,
        baseline_group,
        case
            when group_count = 2 and compares <> 'none'
                then case when baseline_group = first_group then last_group else first_group end
        end as compared_group,
        obstacle is null as is_computable,
        is_about_shares,
        group_count,
        row_count,
        smallest_group_rows,
        smallest_expected_count,
        successes,
        trials,
        rows_without_group,
        rows_without_value,
        rows_without_finite_value
    from explained

)

select * from choices
