-- One row per (snapshot date, customer with an order by then): the segment then.
with

assignments as (

    select
        snapshot_date,
        customer_id,
        cluster_id,
        distance_to_center
    from {{ ref('int_segment_assignments') }}

),

segment_names as (

    select
        cluster_id,
        segment,
        segment_type
    from {{ ref('int_segment_names') }}

),

history as (

    select
        assignments.snapshot_date,
        assignments.customer_id,
        segment_names.segment,
        segment_names.segment_type,
        assignments.cluster_id,
        assignments.distance_to_center
    from assignments
    inner join segment_names
        on assignments.cluster_id = segment_names.cluster_id

)

select * from history
