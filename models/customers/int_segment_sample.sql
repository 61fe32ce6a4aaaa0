-- One row per (feature scaling, sampled customer): what the segments are fitted to. A
-- sample that ids alone decide keeps the cost of the fit the same for any number of
-- customers; all of them are assigned to what was fitted.
{%- set most_customers = 20000 %}
with

snapshots as (

    select *
    from {{ ref('int_customer_snapshots') }}

),

snapshot_dates as (

    select snapshot_date
    from {{ ref('int_snapshot_dates') }}
    where is_as_of

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

buyers as (

    select
        {%- for feature in segment_features() %}
        snapshots.{{ feature }},
        {%- endfor %}
        snapshots.customer_id,
        {{ hash_fraction("'segments ' || snapshots.customer_id") }} as draw
    from snapshots
    inner join snapshot_dates
        on snapshots.snapshot_date = snapshot_dates.snapshot_date
    where snapshots.total_orders > 0

),

sizes as (

    select {{ most_customers }}e0 / nullif(count(*), 0) as sample_share
    from buyers

),

needed_powers as (

    select count(*) as powers
    from segment_scaling
    where
        feature_scaling = 'unskewed'
        and power <> 'none'

),

-- Where no feature needs a power and none is cut both scalings are nearly one.
scalings as (

    select wide_scaling.*
    from wide_scaling
    cross join needed_powers
    where
        wide_scaling.feature_scaling = 'unskewed'
        or needed_powers.powers > 0

),

sampled as (

    select
        scalings.feature_scaling,
        buyers.customer_id,
        {{ scaled_segment_features('buyers', 'scalings') }},
        buyers.draw
    from buyers
    cross join sizes
    cross join scalings
    where buyers.draw < sizes.sample_share

)

select * from sampled
