-- One row per cluster: its name, by rules over what its customers are like on average
-- as of the newest date. Names are relative to this shop's own customers: its best
-- spenders are its champions, whatever they spend.
with

assignments as (

    select
        snapshot_date,
        customer_id,
        cluster_id
    from {{ ref('int_segment_assignments') }}

),

snapshots as (

    select
        snapshot_date,
        customer_id,
        total_orders,
        total_spend,
        days_since_last_order
    from {{ ref('int_customer_snapshots') }}

),

snapshot_dates as (

    select snapshot_date
    from {{ ref('int_snapshot_dates') }}
    where is_as_of

),

centroids as (

    select
        assignments.cluster_id,
        count(*) as customers,
        avg(cast(snapshots.total_orders as double)) as avg_orders,
        {{ stable_sum('snapshots.total_spend', decimals=6) }} / count(*) as avg_spend,
        avg(cast(snapshots.days_since_last_order as double)) as avg_silence
    from assignments
    inner join snapshot_dates
        on assignments.snapshot_date = snapshot_dates.snapshot_date
    inner join snapshots
        on assignments.snapshot_date = snapshots.snapshot_date
        and assignments.customer_id = snapshots.customer_id
    where assignments.cluster_id >= 0
    group by assignments.cluster_id

),

counted as (

    select
        *,
        count(*) over () as clusters
    from centroids

),

-- The highest spend. With two clusters there are no champions, only the active and the
-- rest.
champions as (

    select
        *,
        clusters >= 3
        and row_number() over (order by avg_spend desc, avg_orders desc, cluster_id asc) = 1
            as is_champion
    from counted

),

-- Of the rest the longest silence.
dormants as (

    select
        *,
        not is_champion
        and clusters >= 2
        and row_number() over (
            partition by is_champion
            order by avg_silence desc, avg_orders asc, cluster_id asc
        ) = 1 as is_dormant
    from champions

),

-- Of the rest the next longest silence, where there are enough clusters to tell.
at_risks as (

    select
        *,
        not is_champion
        and not is_dormant
        and clusters >= 5
        and row_number() over (
            partition by is_champion or is_dormant
            order by avg_silence desc, avg_orders desc, cluster_id asc
        ) = 1 as is_at_risk
    from dormants

),

-- Of the rest the fewest orders.
news as (

    select
        *,
        not is_champion
        and not is_dormant
        and not is_at_risk
        and clusters >= 4
        and row_number() over (
            partition by is_champion or is_dormant or is_at_risk
            order by avg_orders, avg_silence, cluster_id
        ) = 1 as is_new
    from at_risks

),

-- What is left buys again and again. More than five clusters leave several.
typed as (

    select
        *,
        case
            when clusters = 1 then 'All Customers'
            when is_champion then 'VIP Champions'
            when is_dormant then 'Dormant'
            when is_at_risk then 'At-Risk'
            when is_new then 'Promising New'
            else 'Loyal Regulars'
        end as segment_type
    from news

),

numbered as (

    select
        *,
        row_number() over (
            partition by segment_type
            order by avg_spend desc, avg_orders desc, cluster_id asc
        ) as number_of_type
    from typed

),

named as (

    select
        cluster_id,
        case
            when number_of_type = 1 then segment_type
            else segment_type || ' ' || cast(number_of_type as string)
        end as segment,
        segment_type
    from numbered
    union all
    -- Customers whom no cluster holds.
    select
        -1 as cluster_id,
        'Outliers' as segment,
        'Outliers' as segment_type

)

select * from named
