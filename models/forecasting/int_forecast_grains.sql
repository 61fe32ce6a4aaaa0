-- One row per grain: how far it is forecast, how it is tried out, and its seasons.
{%- set horizons = forecast_periods('forecast_horizons') %}
{%- set backtests = forecast_periods('forecast_backtests', at_least=0) %}
with

grains as (

    {%- for grain, seasons in forecast_grains().items() %}
    select
        '{{ grain }}' as grain,
        {{ horizons[grain] }} as horizon,
        {{ backtests[grain] }} as backtests,
        {{ seasons.step }} as origin_step,
        {{ seasons.pooled_steps }} as pooled_steps,
        {{ seasons.errors_overlap }} as errors_overlap,
        {{ seasons.season_length }} as season_length,
        {{ seasons.short_season }} as short_season,
        cast({{ seasons.long_season }} as double) as long_season,
        {{ seasons.uses_events }} as uses_events
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from grains
