{% macro ranking_metrics(relation, by, label='label', score='score') %}
{#-
    Query: how well `score` ranks `label` (boolean or 0/1), one row a group of
    the columns `by` (a list, not empty) of `relation`.

    Columns: by..., observations, positives (counts), auc_roc, pr_auc.
        auc_roc  chance that a positive scores above a negative, a tie counting
                 one half (mid-ranks), as scikit-learn's roc_auc_score.
        pr_auc   average precision: the sum over distinct scores, from the top,
                 of the gain in recall times the precision there, as
                 scikit-learn's average_precision_score.  Equal scores enter
                 together.
    Both are NULL where only one class is present.  Rows with a NULL do not count.
-#}
{%- set keys = by | join(', ') -%}
with

{{ cumulated_scores(relation, by, label, score) }},

summed as (

    select
        {{ keys }},
        sum(observations) as observations,
        sum(positives) as positives,
        -- Twice the pairs in order: a negative is below all positives so far but
        -- those of its own score, which count one half.  Whole numbers are exact.
        sum(
            cast(observations - positives as decimal(38, 0))
            * cast(2 * positives_so_far - positives as decimal(38, 0))
        ) as twice_pairs_in_order,
        {{ stable_sum(
            'cast(positives as double) / nullif(all_positives, 0)'
            ~ ' * positives_so_far / observations_so_far'
        ) }} as average_precision
    from cumulated
    group by {{ keys }}

)

select
    {{ keys }},
    cast(observations as bigint) as observations,
    cast(positives as bigint) as positives,
    case
        when positives > 0 and positives < observations
            then
                cast(twice_pairs_in_order as double)
                / (2e0 * positives * (observations - positives))
    end as auc_roc,
    case
        when positives > 0 and positives < observations then average_precision
    end as pr_auc
from summed
{%- endmacro %}
