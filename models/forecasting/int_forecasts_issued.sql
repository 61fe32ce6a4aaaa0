-- One row per (series, grain, origin, step): the forecast given out at that origin, by
-- the model chosen then, with its intervals. Channels are made to add up to the
-- company; the intervals rest on what was known at the origin.
with

choices as (

    select
        series,
        grain,
        origin_index,
        model
    from {{ ref('int_forecast_choices') }}

),

paths as (

    select *
    from {{ ref('int_forecast_paths') }}

),

spreads as (

    select *
    from {{ ref('int_forecast_spreads') }}

),

series_levels as (

    select distinct
        series,
        grain,
        series_level
    from {{ ref('int_forecast_series') }}

),

grains as (

    select
        grain,
        season_length
    from {{ ref('int_forecast_grains') }}

),

chosen as (

    select
        paths.series,
        paths.grain,
        series_levels.series_level,
        paths.model,
        paths.origin_index,
        paths.step,
        paths.is_final,
        paths.is_closed,
        paths.is_never_negative,
        paths.forecast,
        paths.actual,
        paths.mean_size,
        paths.naive_scale,
        paths.origin_date
    from paths
    inner join choices
        on paths.series = choices.series
        and paths.grain = choices.grain
        and paths.origin_index = choices.origin_index
        and paths.model = choices.model
    inner join series_levels
        on paths.series = series_levels.series
        and paths.grain = series_levels.grain

),

companies as (

    select
        grain,
        origin_index,
        step,
        forecast as company_forecast
    from chosen
    where series_level = 'company'

),

channel_sums as (

    select
        grain,
        origin_index,
        step,
        {{ stable_sum('forecast') }} as forecast_sum,
        {{ stable_sum('abs(forecast)') }} as size_sum,
        {{ stable_sum('mean_size') }} as mean_size_sum
    from chosen
    where series_level = 'channel'
    group by grain, origin_index, step

),

-- What the channels lack to the company's forecast goes to them by the size of their
-- own forecasts (which keeps shares where none is negative); where these are all 0, by
-- the size of their history.
adding_up as (

    select
        chosen.series,
        chosen.grain,
        chosen.series_level,
        chosen.model,
        chosen.origin_index,
        chosen.step,
        chosen.is_final,
        chosen.is_closed,
        chosen.is_never_negative,
        case
            when
                chosen.series_level = 'company'
                or companies.company_forecast is null
                then chosen.forecast
            when channel_sums.size_sum > 0 and channel_sums.forecast_sum = channel_sums.size_sum
                then chosen.forecast * companies.company_forecast / channel_sums.size_sum
            when channel_sums.size_sum > 0
                then
                    chosen.forecast
                    + abs(chosen.forecast) / channel_sums.size_sum
                    * (companies.company_forecast - channel_sums.forecast_sum)
            when channel_sums.mean_size_sum > 0
                then companies.company_forecast * chosen.mean_size / channel_sums.mean_size_sum
            else chosen.forecast
        end as forecast,
        chosen.actual,
        chosen.mean_size,
        chosen.naive_scale,
        chosen.origin_date
    from chosen
    left join companies
        on chosen.grain = companies.grain
        and chosen.origin_index = companies.origin_index
        and chosen.step = companies.step
    left join channel_sums
        on chosen.grain = channel_sums.grain
        and chosen.origin_index = channel_sums.origin_index
        and chosen.step = channel_sums.step

),

-- Too few backtests: normal errors of the size that seasonal naive forecasts made,
-- growing by the root of the seasons ahead. The mean absolute value of a normal
-- error is its standard deviation times the root of 2 / pi.
widened as (

    select
        adding_up.series,
        adding_up.grain,
        adding_up.series_level,
        adding_up.model,
        adding_up.origin_index,
        adding_up.step,
        adding_up.is_final,
        adding_up.is_closed,
        adding_up.is_never_negative,
        case
            when adding_up.is_closed then 'closed'
            when spreads.spread_80 is not null then 'backtests'
            when adding_up.naive_scale is not null then 'naive errors'
            else 'none'
        end as interval_basis,
        adding_up.forecast,
        {%- for level, quantile in normal_quantiles().items() %}
        case
            when adding_up.is_closed then 0e0
            when spreads.spread_80 is not null
                then spreads.spread_{{ level }} * {{ forecast_unit(
                    'adding_up.forecast', 'adding_up.is_never_negative', 'adding_up.mean_size'
                ) }}
            else
                {{ quantile }} * 1.2533141373155003e0 * adding_up.naive_scale
                * sqrt(ceil(adding_up.step / cast(grains.season_length as double)))
        end as margin_{{ level }},
        {%- endfor %}
        adding_up.actual,
        spreads.backtests,
        {{ period_after('adding_up.origin_date', 'adding_up.grain', 'adding_up.step') }}
            as period_start,
        cast(
            {{ period_after('adding_up.origin_date', 'adding_up.grain', '1') }}
            - interval '1' day as date
        ) as origin_date
    from adding_up
    inner join grains
        on adding_up.grain = grains.grain
    left join spreads
        on adding_up.series = spreads.series
        and adding_up.grain = spreads.grain
        and adding_up.model = spreads.model
        and adding_up.origin_index = spreads.origin_index
        and adding_up.step = spreads.step

),

issued as (

    select
        series,
        grain,
        series_level,
        model,
        interval_basis,
        origin_index,
        step,
        is_final,
        is_closed,
        forecast,
        {%- for level in normal_quantiles() %}
        -- greatest() passes over a NULL: no margin would be one.
        case
            when margin_{{ level }} is null then null
            when is_never_negative then greatest(0e0, forecast - margin_{{ level }})
            else forecast - margin_{{ level }}
        end as lower_{{ level }},
        forecast + margin_{{ level }} as upper_{{ level }},
        {%- endfor %}
        actual,
        backtests,
        period_start,
        origin_date
    from widened

)

select * from issued
