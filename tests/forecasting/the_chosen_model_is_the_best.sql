-- Every series that was tried out has one model in use, at all horizons, and no
-- candidate's mean WAPE is less than its.
with

models as (

    select
        series,
        grain,
        model,
        count(distinct is_selected) as verdicts,
        max(case when is_selected then 1 else 0 end) as is_selected,
        avg(wape) as mean_wape
    from {{ ref('forecast_accuracy') }}
    group by series, grain, model

),

compared as (

    select
        series,
        grain,
        max(verdicts) as verdicts,
        sum(is_selected) as models_in_use,
        min(mean_wape) as least_wape,
        min(case when is_selected = 1 then mean_wape end) as wape_in_use
    from models
    group by series, grain

),

in_use as (

    select
        compared.series,
        compared.grain,
        compared.verdicts,
        compared.models_in_use,
        compared.least_wape,
        compared.wape_in_use,
        count(distinct forecasts.model) as models_forecasting,
        max(case when models.is_selected = 1 then 1 else 0 end) as is_the_one
    from compared
    left join {{ ref('forecasts') }} as forecasts
        on compared.series = forecasts.series
        and compared.grain = forecasts.grain
    left join models
        on forecasts.series = models.series
        and forecasts.grain = models.grain
        and forecasts.model = models.model
    group by
        compared.series,
        compared.grain,
        compared.verdicts,
        compared.models_in_use,
        compared.least_wape,
        compared.wape_in_use

)

select *
from in_use
where
    verdicts <> 1
    or models_in_use <> 1
    or models_forecasting <> 1
    or is_the_one <> 1
    or (least_wape is not null and wape_in_use is null)
    or wape_in_use > least_wape + 1e-12
