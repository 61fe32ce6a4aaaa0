-- One row per clustering that was tried: its scores, and whether it made the segments.
{%- set segments = segment_count() %}
with

candidates as (

    select distinct
        method,
        parameters,
        feature_scaling,
        clusters,
        silhouette,
        davies_bouldin,
        calinski_harabasz,
        noise_share,
        smallest_cluster_share,
        stability_ari
    from {{ ref('int_segment_candidates') }}

),

segment_scaling as (

    select
        feature_scaling,
        skewness
    from {{ ref('int_segment_scaling') }}

),

skewed_features as (

    select count(*) as skewed_features
    from segment_scaling
    where
        feature_scaling = 'standard'
        and abs(skewness) > 1

),

judged as (

    select
        candidates.*,
        -- A customer left out as noise is not divided from anybody: 0.
        candidates.silhouette * (1 - candidates.noise_share) as selection_score,
        case
            when candidates.clusters = 0 then 'no cluster'
            when candidates.noise_share > 0.2 then 'more than 20 % noise'
            when candidates.smallest_cluster_share < 0.01
                then 'smallest cluster under 1 % of customers'
            when
                candidates.feature_scaling = 'standard'
                and skewed_features.skewed_features > 0
                then 'skewed features: the few largest customers decide'
            {%- if segments is none %}
            when
                candidates.clusters > 1
                and (candidates.stability_ari is null or candidates.stability_ari < 0.8)
                then 'other customers would be divided otherwise'
            {%- else %}
            when candidates.method <> 'kmeans'
                then 'number of segments cannot be set'
            {%- endif %}
        end as rejection_reason
    from candidates
    cross join skewed_features

),

ranked as (

    select
        *,
        -- One cluster is what is left when no division stands.
        row_number() over (
            order by
                case when rejection_reason is null then 0 else 1 end,
                case when clusters > 1 then 0 else 1 end,
                {%- if segments is not none %}
                abs(clusters - {{ segments }}),
                {%- endif %}
                selection_score desc nulls last,
                davies_bouldin asc nulls last,
                clusters desc,
                method desc,
                feature_scaling desc,
                parameters asc
        ) as selection_rank
    from judged

),

compared as (

    select
        method,
        parameters,
        feature_scaling,
        rejection_reason,
        coalesce(selection_rank = 1 and rejection_reason is null, false) as is_selected,
        clusters,
        silhouette,
        selection_score,
        davies_bouldin,
        calinski_harabasz,
        noise_share,
        smallest_cluster_share,
        stability_ari
    from ranked

)

select * from compared
