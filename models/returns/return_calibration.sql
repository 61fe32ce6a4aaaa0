-- One row per (candidate, tenth of the test orders by risk): how many came back where how
-- many were to be expected, and how much denser returns are there than overall.
with

trials as (

    select
        candidate,
        outcome,
        probability
    from {{ ref('int_return_trials') }}
    where data_split = 'test'

),

binned as (

    {{ score_bins('trials', ['candidate'], 'outcome', 'probability') | indent(4) }}

),

calibration as (

    select
        candidate,
        score_bin as risk_decile,
        observations as orders,
        positives as returned_orders,
        mean_score as mean_probability,
        observed_rate as return_rate,
        min_score as lowest_probability,
        max_score as highest_probability,
        lift,
        captured_share as returns_captured_share
    from binned

)

select * from calibration
