{% macro cumulated_scores(relation, by, label='label', score='score') %}
{#-
    Definitions of two CTEs, scores and cumulated: the distinct scores of each group
    of the columns `by` (a list, not empty) of `relation`, from the highest down.
    Rows of one score cannot be told apart, so they are counted together.

    Columns of cumulated: by..., score, observations and positives (counts of that
    score), observations_so_far and positives_so_far (of it and all above),
    all_observations and all_positives (of the group).  Rows with a NULL do not count.
-#}
{%- set keys = by | join(', ') -%}
scores as (

    select
        {{ keys }},
        {{ score }} as score,
        count(*) as observations,
        sum(cast({{ label }} as integer)) as positives
    from {{ relation }}
    where {{ label }} is not null and {{ score }} is not null
    group by {{ keys }}, {{ score }}

),

cumulated as (

    select
        {{ keys }},
        score,
        observations,
        positives,
        sum(observations) over from_the_top as observations_so_far,
        sum(positives) over from_the_top as positives_so_far,
        sum(observations) over whole_group as all_observations,
        sum(positives) over whole_group as all_positives
    from scores
    window
        whole_group as (partition by {{ keys }}),
        from_the_top as (
            partition by {{ keys }} order by score desc
            rows between unbounded preceding and current row
        )

)
{%- endmacro %}
