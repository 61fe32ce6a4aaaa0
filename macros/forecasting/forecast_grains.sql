{% macro forecast_grains() %}
{#-
    What forecasts know of each grain, as a dict grain -> dict:
        step: periods from one backtest's origin to the next; of days no multiple of
            7, or each step ahead would always fall on one weekday.
        season_length: season of the seasonal naive forecast, in periods.
        short_season, long_season: seasons of the fitted models, in periods; 1
            and 0 for none.
        pooled_steps: steps ahead on either side whose errors are put together to
            say how large errors are.
        errors_overlap: backtests that share periods err together. So it is with
            weeks and months, whose errors are mostly those of the level; those of
            days are mostly each day's own.
        uses_events: known events are told apart (months carry them in their season).
-#}
    {{ return({
        'day': {
            'step': 9, 'pooled_steps': 3, 'errors_overlap': 'false', 'season_length': 7,
            'short_season': 7, 'long_season': '365.25', 'uses_events': 'true',
        },
        'week': {
            'step': 1, 'pooled_steps': 1, 'errors_overlap': 'true', 'season_length': 1,
            'short_season': 1, 'long_season': '52.18', 'uses_events': 'true',
        },
        'month': {
            'step': 1, 'pooled_steps': 1, 'errors_overlap': 'true', 'season_length': 12,
            'short_season': 12, 'long_season': '0', 'uses_events': 'false',
        },
    }) }}
{% endmacro %}
