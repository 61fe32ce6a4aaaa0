-- One row per (snapshot date, customer with an order by then): the cluster of today's
-- segmentation that the customer belonged to on that date.
with

snapshots as (

    select *
    from {{ ref('int_customer_snapshots') }}
    where total_orders > 0

),

comparison as (

    select
        method,
        parameters,
        feature_scaling
    from {{ ref('clustering_comparison') }}
    where is_selected

),

segment_scaling as (

    select
        feature_scaling,
        feature,
        power,
        center,
        spread,
        cut
    from {{ ref('int_segment_scaling') }}

),

wide_scaling as (

    {{ wide_segment_scaling('segment_scaling') }}

),

prototypes as (

    select
        {%- for feature in segment_features() %}
        candidates.{{ feature }},
        {%- endfor %}
        candidates.cluster_id,
        candidates.radius
    from {{ ref('int_segment_candidates') }} as candidates
    inner join comparison
        on candidates.method = comparison.method
        and candidates.parameters = comparison.parameters
    where candidates.cluster_id is not null

),

selected_scaling as (

    select wide_scaling.*
    from wide_scaling
    inner join comparison
        on wide_scaling.feature_scaling = comparison.feature_scaling

),

points as (

    select
        snapshots.snapshot_date,
        snapshots.customer_id,
        {{ scaled_segment_features('snapshots', 'selected_scaling') }}
    from snapshots
    cross join selected_scaling

),

distances as (

    select
        points.snapshot_date,
        points.customer_id,
        prototypes.cluster_id,
        prototypes.radius,
        sqrt(
            {%- for feature in segment_features() %}
            {{ '+ ' if not loop.first }}(points.{{ feature }} - prototypes.{{ feature }})
            * (points.{{ feature }} - prototypes.{{ feature }})
            {%- endfor %}
        ) as distance
    from points
    cross join prototypes

),

-- The nearest prototype; of equally near ones that of the lower cluster.
nearest as (

    select
        snapshot_date,
        customer_id,
        min_by(cluster_id, distance + 1e-9 * cluster_id) as nearest_cluster_id,
        min(distance) as distance_to_center,
        max(radius) as radius
    from distances
    group by snapshot_date, customer_id

),

assigned as (

    select
        snapshot_date,
        customer_id,
        case
            when radius is null or distance_to_center <= radius then nearest_cluster_id
            else -1
        end as cluster_id,
        distance_to_center
    from nearest

)

select * from assigned
