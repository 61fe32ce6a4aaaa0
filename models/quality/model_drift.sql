-- One row per (model, feature): how far what the model scores now differs from what it
-- learned from.
{%- set warning = number_setting('drift_warning_level', above=0) %}
{%- set critical = number_setting('drift_critical_level', at_least=warning) %}
{#- Fewer examples differ by chance: 200 of them by .045 in ten bins. -#}
{%- set fewest = 200 %}
{#- An empty bin counts as one in ten thousand. -#}
{%- set least_share = '1e-4' %}
with

shares as (

    select
        model_name,
        feature,
        bin,
        learnt_examples,
        current_examples,
        greatest(learnt_share, {{ least_share }}) as learnt_share,
        greatest(current_share, {{ least_share }}) as current_share
    from {{ ref('int_drift_shares') }}

),

terms as (

    select
        *,
        (current_share - learnt_share) * ln(current_share / learnt_share) as stability_term,
        current_share - learnt_share as share_change,
        row_number() over (
            partition by model_name, feature
            order by abs(current_share - learnt_share) desc, bin asc
        ) as change_rank
    from shares

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

summed as (

    select
        model_name,
        feature,
        sum(learnt_examples) as learnt_examples,
        sum(current_examples) as current_examples,
        {{ stable_sum('stability_term') }} as stability_index,
        max(case when change_rank = 1 then bin end) as most_changed_bin,
        max(case when change_rank = 1 then share_change end) as most_changed_by
    from terms
    group by model_name, feature

),

model_drift as (

    select
        summed.model_name,
        summed.feature,
        case
            when summed.learnt_examples < {{ fewest }} or summed.current_examples < {{ fewest }}
                then 'insufficient_data'
            when summed.stability_index >= {{ critical }} then 'critical'
            when summed.stability_index >= {{ warning }} then 'warning'
            else 'stable'
        end as status,
        cast(summed.learnt_examples as bigint) as learnt_examples,
        cast(summed.current_examples as bigint) as current_examples,
        case
            when summed.learnt_examples > 0 and summed.current_examples > 0
                then summed.stability_index
        end as population_stability_index,
        summed.most_changed_bin,
        summed.most_changed_by as most_changed_bin_share,
        data_window.as_of
    from summed
    cross join data_window

)

select * from model_drift
