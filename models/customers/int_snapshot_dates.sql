-- One row per date at which customers are looked at: as_of, the same one churn horizon
-- earlier, and the month ends that migration, KPIs and the training of the churn model
-- reach back to.
{%- set horizon = integer_setting('churn_horizon_days') %}
with

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

month_ends as (

    select
        cast(period_start + interval '1' month - interval '1' day as date) as month_end,
        row_number() over (order by period_start desc) as months_ago
    from {{ ref('int_months') }}
    where is_complete

),

dates as (

    select as_of as snapshot_date
    from data_window
    union
    select {{ date_plus_days('as_of', -horizon) }} as snapshot_date
    from data_window
    union
    select month_ends.month_end as snapshot_date
    from month_ends
    cross join data_window
    where
        month_ends.months_ago <= {{ integer_setting('history_months') }}
        -- Cut-offs of the model that is evaluated a horizon before as_of.
        or month_ends.month_end
        > {{ date_plus_days('data_window.as_of', -2 * horizon - 124) }}

),

described as (

    select
        dates.snapshot_date,
        dates.snapshot_date = data_window.as_of as is_as_of,
        dates.snapshot_date = {{ date_plus_days('data_window.as_of', -horizon) }}
            as is_horizon_before_as_of,
        extract(day from {{ date_plus_days('dates.snapshot_date', 1) }}) = 1
            as is_month_end
    from dates
    cross join data_window
    where dates.snapshot_date is not null

)

select * from described
