-- One row per (month, segment at its beginning, segment at its end): how many customers
-- moved, or stayed. Today's segmentation looks back: each month end is judged by what
-- was known on it, against the same centres.
with

segment_history as (

    select
        snapshot_date,
        customer_id,
        segment
    from {{ ref('int_segment_history') }}

),

month_ends as (

    select
        snapshot_date,
        cast(date_trunc('month', snapshot_date) as date) as period_start
    from {{ ref('int_snapshot_dates') }}
    where is_month_end

),

by_month as (

    select
        month_ends.period_start,
        segment_history.customer_id,
        segment_history.segment
    from segment_history
    inner join month_ends
        on segment_history.snapshot_date = month_ends.snapshot_date

),

first_month as (

    select min(period_start) as period_start
    from month_ends

),

-- A customer with an order keeps having one, so nobody leaves; who had none before
-- comes from nowhere.
moves as (

    select
        at_end.period_start,
        coalesce(at_beginning.segment, '(first order)') as from_segment,
        at_end.segment as to_segment
    from by_month as at_end
    inner join first_month
        on at_end.period_start > first_month.period_start
    left join by_month as at_beginning
        on at_end.customer_id = at_beginning.customer_id
        and at_end.period_start
        = cast(at_beginning.period_start + interval '1' month as date)

),

counted as (

    select
        period_start,
        from_segment,
        to_segment,
        count(*) as customers
    from moves
    group by period_start, from_segment, to_segment

),

migration as (

    select
        period_start,
        from_segment,
        to_segment,
        cast(customers as bigint) as customers,
        customers / nullif(
            cast(
                sum(customers) over (partition by period_start, from_segment) as double
            ), 0e0
        ) as share_of_from_segment
    from counted

)

select * from migration
