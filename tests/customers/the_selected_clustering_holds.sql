-- Whatever the scores: no selected clustering has a cluster of under 1 % of customers,
-- calls a fifth of them noise, or was rejected for another reason.
select
    method,
    parameters,
    rejection_reason,
    noise_share,
    smallest_cluster_share
from {{ ref('clustering_comparison') }}
where
    is_selected
    and (
        rejection_reason is not null
        or coalesce(smallest_cluster_share, 0) < 0.01
        or noise_share > 0.2
    )
