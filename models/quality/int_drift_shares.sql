-- One row per (model, feature, bin): the share of examples in it when the model learned,
-- and now. The bins are fixed by what it learned from: tenths of numbers, the nine most
-- frequent texts and the rest; a missing value is a bin of its own.
{%- set tenths = range(1, 10) | list %}
with

drift_values as (

    select
        model_name,
        feature,
        is_now,
        number,
        category
    from {{ ref('int_drift_values') }}

),

edges as (

    select
        model_name,
        feature,
        {%- for tenth in tenths %}
        percentile_cont({{ tenth / 10 }}) within group (order by number) as edge_{{ tenth }},
        {%- endfor %}
        count(*) as examples
    from drift_values
    where
        not is_now
        and number is not null
    group by model_name, feature

),

category_counts as (

    select
        model_name,
        feature,
        category,
        row_number() over (
            partition by model_name, feature order by count(*) desc, category asc
        ) as frequency_rank
    from drift_values
    where
        not is_now
        and category is not null
    group by model_name, feature, category

),

binned as (

    select
        drift_values.model_name,
        drift_values.feature,
        drift_values.is_now,
        case
            {%- for tenth in tenths %}
            when drift_values.number <= edges.edge_{{ tenth }} then 'tenth {{ tenth }}'
            {%- endfor %}
            when drift_values.number is not null then 'tenth 10'
            when drift_values.category is null then 'missing'
            when category_counts.frequency_rank <= 9 then '= ' || drift_values.category
            else 'other'
        end as bin
    from drift_values
    left join edges
        on drift_values.model_name = edges.model_name
        and drift_values.feature = edges.feature
    left join category_counts
        on drift_values.model_name = category_counts.model_name
        and drift_values.feature = category_counts.feature
        and drift_values.category = category_counts.category

),

counted as (

    select
        model_name,
        feature,
        bin,
        count(case when not is_now then 1 end) as learnt_examples,
        count(case when is_now then 1 end) as current_examples
    from binned
    group by model_name, feature, bin

),

shares as (

    select
        model_name,
        feature,
        bin,
        learnt_examples,
        current_examples,
        cast(learnt_examples as double)
        / nullif(sum(learnt_examples) over (partition by model_name, feature), 0)
            as learnt_share,
        cast(current_examples as double)
        / nullif(sum(current_examples) over (partition by model_name, feature), 0)
            as current_share
    from counted

)

select * from shares
