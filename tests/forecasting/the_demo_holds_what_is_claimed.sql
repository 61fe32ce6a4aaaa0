-- On the demo data (other data promise nothing): 28 days ahead, the model in use errs
-- by at least a quarter less than the seasonal naive one; and intervals, in backtests,
-- hold as many values as they say: of days and weeks for the company and for the
-- channels, of months, which are few, for all series together.
with

accuracy as (

    select
        series,
        model,
        is_selected,
        sum(wape) as wape
    from {{ ref('forecast_accuracy') }}
    where grain = 'day' and series = 'company'
    group by series, model, is_selected

),

errors as (

    select
        max(case when is_selected then wape end) as wape_in_use,
        max(case when model = 'seasonal_naive' then wape end) as naive_wape
    from accuracy

),

coverages as (

    select
        grain,
        case when grain = 'month' then 'all' else series_level end as series_level,
        avg(case when actual between lower_80 and upper_80 then 1e0 else 0e0 end)
            as coverage_80,
        avg(case when actual between lower_95 and upper_95 then 1e0 else 0e0 end)
            as coverage_95
    from {{ ref('forecast_backtests') }}
    where
        interval_basis = 'backtests'
        or (grain = 'month' and interval_basis = 'naive errors')
    group by
        grain,
        case when grain = 'month' then 'all' else series_level end

),

broken as (

    select
        'error' as claim,
        wape_in_use / naive_wape as found
    from errors
    where wape_in_use is null or wape_in_use > 0.75e0 * naive_wape
    union all
    select
        'coverage 80 ' || grain || ' ' || series_level as claim,
        coverage_80 as found
    from coverages
    where not coverage_80 between 0.76e0 and 0.84e0
    union all
    select
        'coverage 95 ' || grain || ' ' || series_level as claim,
        coverage_95 as found
    from coverages
    where not coverage_95 between 0.92e0 and 0.97e0

)

select *
from broken
{%- if not env_var('INSIGHT_DATA', 'demo/data').rstrip('/').endswith('demo/data') %}
where 1 = 0
{%- endif %}
