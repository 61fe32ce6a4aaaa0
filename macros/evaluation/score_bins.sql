{% macro score_bins(relation, by, label='label', score='score', bins=10) %}
{#-
    Query: `relation` cut into `bins` parts of equal size by `score`, one row a
    group of the columns `by` (a list, not empty) and bin.

    Columns: by..., score_bin (1 holds the highest scores), observations,
    positives (counts), min_score, mean_score, max_score, observed_rate (share of
    positives), base_rate (of the group), lift (observed_rate over base_rate,
    NULL where that is 0), captured_share (share of all positives in this bin and
    those above, NULL where there are none).
    Equal scores share the bin of their middle rank, so that no bin depends on
    the order of the rows; bins then differ in size, and may be missing.
    Rows with a NULL do not count.
-#}
{%- set keys = by | join(', ') -%}
with

{{ cumulated_scores(relation, by, label, score) }},

-- The middle rank of a score is observations_so_far - (observations - 1) / 2;
-- in whole numbers, twice that less one, over twice the size of the group.
binned as (

    select
        {{ keys }},
        score,
        observations,
        positives,
        1 + cast(floor(
            cast({{ bins }} * (2 * observations_so_far - observations) as double)
            / (2 * all_observations)
        ) as integer) as score_bin
    from cumulated

),

summed as (

    select
        {{ keys }},
        least(score_bin, {{ bins }}) as score_bin,
        sum(observations) as observations,
        sum(positives) as positives,
        min(score) as min_score,
        {{ stable_sum('score * observations') }} / sum(observations) as mean_score,
        max(score) as max_score
    from binned
    group by {{ keys }}, least(score_bin, {{ bins }})

),

totalled as (

    select
        *,
        sum(positives) over whole_group as all_positives,
        sum(observations) over whole_group as all_observations,
        sum(positives) over from_the_top as positives_so_far
    from summed
    window
        whole_group as (partition by {{ keys }}),
        from_the_top as (
            partition by {{ keys }} order by score_bin
            rows between unbounded preceding and current row
        )

)

select
    {{ keys }},
    score_bin,
    cast(observations as bigint) as observations,
    cast(positives as bigint) as positives,
    min_score,
    mean_score,
    max_score,
    cast(positives as double) / observations as observed_rate,
    cast(all_positives as double) / all_observations as base_rate,
    cast(positives as double) * all_observations
    / nullif(cast(observations as double) * all_positives, 0e0) as lift,
    cast(positives_so_far as double) / nullif(all_positives, 0) as captured_share
from totalled
{%- endmacro %}
