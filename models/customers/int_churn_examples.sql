-- One row per (snapshot date, customer with an order by then): what the churn model
-- learns from and what it scores. The outcome is known where the horizon is over.
{%- set training_customers = 10000 %}
with

snapshots as (

    select *
    from {{ ref('int_customer_snapshots') }}
    where total_orders > 0

),

later_orders as (

    select
        snapshot_date,
        customer_id
    from {{ ref('int_orders_after_snapshot') }}

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

cutoffs as (

    select
        score_date,
        data_split,
        cutoff_date
    from {{ ref('int_churn_cutoffs') }}

),

uses as (

    select
        cutoff_date as snapshot_date,
        1 as is_training_date,
        0 as is_scored_whole
    from cutoffs
    union all
    select
        score_date as snapshot_date,
        0 as is_training_date,
        case when data_split = 'history' then 0 else 1 end as is_scored_whole
    from cutoffs

),

used_dates as (

    select
        snapshot_date,
        max(is_training_date) as is_training_date,
        max(is_scored_whole) as is_scored_whole
    from uses
    group by snapshot_date

),

sizes as (

    select
        snapshot_date,
        {{ training_customers }}e0 / count(*) as training_share
    from snapshots
    group by snapshot_date

),

examples as (

    select
        snapshots.snapshot_date,
        snapshots.customer_id,
        used_dates.is_training_date = 1
        and {{ hash_fraction(
            "'churn ' || cast(snapshots.snapshot_date as string) || snapshots.customer_id"
        ) }} < sizes.training_share as is_training_example,
        -- Elsewhere only those count who could be at risk.
        used_dates.is_scored_whole = 1
        or (
            snapshots.total_orders >= 2
            and snapshots.days_since_last_order
            <= {{ integer_setting('lapsed_after_days') }}
        ) as is_scored,
        {{ hash_fraction("'fold ' || snapshots.customer_id") }} as fold_draw,
        {%- for feature in churn_features() %}
        cast(snapshots.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        case
            when
                {{ date_plus_days(
                    'snapshots.snapshot_date', integer_setting('churn_horizon_days')
                ) }} <= data_window.as_of
                then case when later_orders.customer_id is null then 1 else 0 end
        end as churned
    from snapshots
    inner join used_dates
        on snapshots.snapshot_date = used_dates.snapshot_date
    inner join sizes
        on snapshots.snapshot_date = sizes.snapshot_date
    cross join data_window
    left join later_orders
        on snapshots.snapshot_date = later_orders.snapshot_date
        and snapshots.customer_id = later_orders.customer_id

)

select * from examples
