-- One row per (series, grain, model, origin, step): what each model said, and, where
-- the period has come, what happened. Combinations are means
-- of fitted candidates.
{%- set columns = [
    ('series', 'string'), ('grain', 'string'), ('origin_index', 'bigint'),
    ('step', 'bigint'), ('candidate', 'string'), ('forecast', 'double'),
] %}
with

origins as (

    select
        series,
        grain,
        origin_index,
        is_final,
        smallest_value,
        mean_size,
        naive_scale,
        origin_date
    from {{ ref('int_forecast_origins') }}

),

series as (

    select
        series,
        grain,
        period_index,
        value
    from {{ ref('int_forecast_series') }}

),

-- None where the Python models were left out.
candidates as (

    {{ edge_rows('ml_forecasts', columns) }}

),

fitted as (

    select
        series,
        grain,
        origin_index,
        step,
        candidate as model,
        forecast
    from candidates

),

-- Nothing is expected, whatever is asked: the shop is closed on that weekday, or the
-- series has never been anything but 0.
closed as (

    select
        series,
        grain,
        origin_index,
        step
    from fitted
    group by series, grain, origin_index, step
    having max(abs(forecast)) = 0

),

-- Who takes part in which combination.
members as (

    {%- for combination, candidates in forecast_combinations().items() %}
    {%- set last_combination = loop.last %}
    {%- for candidate in candidates %}
    select
        '{{ combination }}' as combination,
        '{{ candidate }}' as model,
        {{ candidates | length }} as size
    {%- if not (last_combination and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

-- A mean of whoever happens to be there would be another model: all or none.
combined as (

    select
        fitted.series,
        fitted.grain,
        fitted.origin_index,
        fitted.step,
        members.combination as model,
        {{ stable_sum('fitted.forecast') }} / count(*) as forecast
    from fitted
    inner join members
        on fitted.model = members.model
    group by
        fitted.series,
        fitted.grain,
        fitted.origin_index,
        fitted.step,
        members.combination
    having count(*) = max(members.size)

),

models as (

    select
        series,
        grain,
        origin_index,
        step,
        model,
        forecast
    from fitted
    union all
    select
        series,
        grain,
        origin_index,
        step,
        model,
        forecast
    from combined

),

compared as (

    select
        models.series,
        models.grain,
        models.model,
        models.origin_index,
        models.step,
        origins.is_final,
        models.forecast,
        series.value as actual,
        -- Above 0: forecast too high.
        models.forecast - series.value as error,
        closed.step is not null as is_closed,
        origins.smallest_value >= 0 as is_never_negative,
        {{ forecast_unit('models.forecast', 'origins.smallest_value >= 0', 'origins.mean_size') }}
            as unit,
        origins.mean_size,
        origins.naive_scale,
        origins.origin_date
    from models
    inner join origins
        on models.series = origins.series
        and models.grain = origins.grain
        and models.origin_index = origins.origin_index
    left join closed
        on models.series = closed.series
        and models.grain = closed.grain
        and models.origin_index = closed.origin_index
        and models.step = closed.step
    left join series
        on models.series = series.series
        and models.grain = series.grain
        and series.period_index = models.origin_index + models.step

)

select * from compared
