-- One row per fit of the return model: up to which day it learns, and which days it is
-- tried on. "final" is the one whose scores are used; the others come before it and
-- choose candidate and settings. Between learning and trying lies the return window: on
-- the first day tried all that was learnt from was known.
{%- set window = integer_setting('return_window_days') %}
{%- set test_share = number_setting('return_test_share', at_least=0.05, at_most=0.9) %}
with

closed_days as (

    select
        day_number,
        count(*) as orders
    from {{ ref('int_return_orders') }}
    where is_closed
    group by day_number

),

closed_so_far as (

    select
        day_number,
        sum(orders) over (order by day_number rows unbounded preceding) - orders as orders_before,
        sum(orders) over () as all_orders
    from closed_days

),

-- The newest days that together hold at most the test share of closed orders.
test_days as (

    select
        min(case when orders_before >= {{ 1 - test_share }} * all_orders then day_number end)
            as test_from,
        max(day_number) as closed_until
    from closed_so_far

),

final_fit as (

    select
        'final' as fit,
        coalesce(test_from - {{ window + 1 }}, closed_until) as learns_until,
        test_from as tried_from,
        closed_until as tried_until
    from test_days
    where closed_until is not null

),

learnt_so_far as (

    select
        closed_days.day_number,
        sum(closed_days.orders) over (order by closed_days.day_number rows unbounded preceding)
        - closed_days.orders as orders_before,
        sum(closed_days.orders) over () as all_orders,
        final_fit.learns_until
    from closed_days
    inner join final_fit
        on closed_days.day_number <= final_fit.learns_until

),

validation_days as (

    select
        min(case when orders_before >= 0.5 * all_orders then day_number end) as second_half_from,
        min(case when orders_before >= 0.75 * all_orders then day_number end)
            as last_quarter_from,
        max(learns_until) as learns_until
    from learnt_so_far

),

fits as (

    select
        fit,
        learns_until,
        tried_from,
        tried_until
    from final_fit
    union all
    select
        'validation_1' as fit,
        second_half_from - {{ window + 1 }} as learns_until,
        second_half_from as tried_from,
        last_quarter_from - 1 as tried_until
    from validation_days
    where second_half_from < last_quarter_from
    union all
    select
        'validation_2' as fit,
        last_quarter_from - {{ window + 1 }} as learns_until,
        last_quarter_from as tried_from,
        learns_until as tried_until
    from validation_days
    where last_quarter_from is not null

)

select * from fits
