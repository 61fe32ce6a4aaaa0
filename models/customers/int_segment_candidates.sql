-- One row per (method, parameters, prototype) of the fitted clusterings; none where the
-- Python models were left out.
{%- set columns = {
    'method': 'string',
    'parameters': 'string',
    'prototype': 'bigint',
    'cluster_id': 'bigint',
    'feature_scaling': 'string',
    'radius': 'double',
    'clusters': 'bigint',
    'silhouette': 'double',
    'davies_bouldin': 'double',
    'calinski_harabasz': 'double',
    'noise_share': 'double',
    'smallest_cluster_share': 'double',
    'stability_ari': 'double',
} %}
{%- for feature in segment_features() %}
{%- do columns.update({feature: 'double'}) %}
{%- endfor %}
with

candidates as (

    {{ edge_rows('ml_segment_candidates', columns.items()) }}

)

select * from candidates
