{% macro judged_columns() %}
{#-
    Columns of int_series_points that expectations and scores depend on: where one of
    them differs, a point is judged anew.
-#}
    {{ return([
        'series_id', 'metric', 'channel', 'grain', 'event_name', 'is_complete', 'step',
        'season_length', 'season_position', 'scale_class', 'value', 'business_date',
        'period_start',
    ]) }}
{% endmacro %}
