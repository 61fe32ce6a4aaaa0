-- One row per customer with an order: the segment as of the newest date.
with

segment_history as (

    select *
    from {{ ref('int_segment_history') }}

),

snapshot_dates as (

    select snapshot_date
    from {{ ref('int_snapshot_dates') }}
    where is_as_of

),

segments as (

    select
        segment_history.customer_id,
        segment_history.segment,
        segment_history.cluster_id,
        segment_history.distance_to_center,
        segment_history.snapshot_date as as_of
    from segment_history
    inner join snapshot_dates
        on segment_history.snapshot_date = snapshot_dates.snapshot_date

)

select * from segments
