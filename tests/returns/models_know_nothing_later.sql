-- Fits learn from orders whose return window was over before the first day they are tried
-- on; what scores is tried on the test alone, what chooses on training orders alone, and
-- no order is tried by a fit that learned from it.
{%- set window = integer_setting('return_window_days') %}
with

examples as (

    select
        order_id,
        data_split,
        is_learnt_from,
        day_number
    from {{ ref('int_return_examples') }}

),

fits as (

    select
        fit,
        learns_until,
        tried_from,
        tried_until
    from {{ ref('int_return_fits') }}

),

first_test_day as (

    select min(day_number) as day_number
    from examples
    where data_split = 'test'

),

validation as (

    select
        validation.fit,
        validation.order_id,
        examples.data_split,
        examples.day_number
    from {{ ref('int_return_validation') }} as validation
    inner join examples
        on validation.order_id = examples.order_id

),

learnt_too_late as (

    select
        examples.order_id,
        'learnt from, but not known before the test' as problem
    from examples
    cross join first_test_day
    where
        examples.is_learnt_from
        and (
            examples.data_split <> 'train'
            or examples.day_number + {{ window }} >= first_test_day.day_number
        )

),

fits_too_near as (

    select
        fit as order_id,
        'learns from outcomes that nobody knew yet' as problem
    from fits
    where learns_until + {{ window }} >= tried_from

),

validated_on_the_test as (

    select
        validation.order_id,
        'chosen on a test order, or on one learnt from' as problem
    from validation
    inner join fits
        on validation.fit = fits.fit
    where
        validation.data_split <> 'train'
        or validation.day_number < fits.tried_from
        or validation.day_number > fits.tried_until

),

tested_on_training as (

    select
        trials.order_id,
        'tested on a training order' as problem
    from {{ ref('int_return_trials') }} as trials
    inner join examples
        on trials.order_id = examples.order_id
    where
        trials.data_split = 'test'
        and examples.data_split <> 'test'

)

select * from learnt_too_late
union all
select * from fits_too_near
union all
select * from validated_on_the_test
union all
select * from tested_on_training
