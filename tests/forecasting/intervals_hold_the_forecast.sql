-- The 95 % interval holds the 80 % interval, which holds the forecast; either all
-- bounds are there or none is, and none without a reason.
with

intervals as (

    select
        series,
        grain,
        origin_date,
        horizon,
        interval_basis,
        forecast,
        lower_80,
        upper_80,
        lower_95,
        upper_95
    from {{ ref('forecasts') }}
    union all
    select
        series,
        grain,
        origin_date,
        horizon,
        interval_basis,
        forecast,
        lower_80,
        upper_80,
        lower_95,
        upper_95
    from {{ ref('forecast_backtests') }}

)

select *
from intervals
where
    (interval_basis = 'none') <> (lower_80 is null)
    or (lower_80 is null) <> (upper_80 is null)
    or (lower_80 is null) <> (lower_95 is null)
    or (lower_80 is null) <> (upper_95 is null)
    or lower_95 > lower_80
    or lower_80 > forecast
    or forecast > upper_80
    or upper_80 > upper_95
    or (interval_basis = 'closed' and lower_95 <> upper_95)
