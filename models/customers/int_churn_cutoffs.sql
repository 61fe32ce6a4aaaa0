-- One row per (score date, training cut-off): the model that scores customers on a date
-- learned from the newest three month ends whose horizon was over by then, so that it
-- could have been fitted on that very evening. Scored are as_of, the date one horizon
-- before it (where the outcome is known by now: the test), and the last month ends.
{%- set horizon = integer_setting('churn_horizon_days') %}
with

snapshot_dates as (

    select
        snapshot_date,
        is_as_of,
        is_horizon_before_as_of,
        is_month_end
    from {{ ref('int_snapshot_dates') }}

),

data_window as (

    select first_date
    from {{ ref('int_data_window') }}

),

month_ends as (

    select
        snapshot_dates.snapshot_date,
        row_number() over (order by snapshot_dates.snapshot_date desc) as months_ago
    from snapshot_dates
    cross join data_window
    where
        snapshot_dates.is_month_end
        and snapshot_dates.snapshot_date >= data_window.first_date

),

score_dates as (

    select
        snapshot_dates.snapshot_date as score_date,
        case
            when snapshot_dates.is_as_of then 'open'
            when snapshot_dates.is_horizon_before_as_of then 'test'
            else 'history'
        end as data_split
    from snapshot_dates
    left join month_ends
        on snapshot_dates.snapshot_date = month_ends.snapshot_date
    where
        snapshot_dates.is_as_of
        or snapshot_dates.is_horizon_before_as_of
        or month_ends.months_ago <= {{ [12, integer_setting('history_months')] | min }}

),

cutoffs as (

    select
        score_dates.score_date,
        score_dates.data_split,
        month_ends.snapshot_date as cutoff_date,
        row_number() over (
            partition by score_dates.score_date
            order by month_ends.snapshot_date desc
        ) as cutoff_number
    from score_dates
    inner join month_ends
        on {{ date_plus_days('month_ends.snapshot_date', horizon) }}
        <= score_dates.score_date

),

newest as (

    select
        score_date,
        data_split,
        cutoff_date
    from cutoffs
    where cutoff_number <= 3

)

select * from newest
