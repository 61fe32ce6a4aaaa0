{% macro counted_from(stored) %}
{#-
    The business date (YYYY-MM-DD) from which the relation `stored` is counted anew,
    or none where all of it is: in every run but `--selector monitoring`, without a
    stored day, and where it was counted under other settings (metric_settings()).
-#}
    {%- if not execute or invocation_args_dict.get('selector') != 'monitoring'
        or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        "select cast(cast(max(period_start) as date) - interval '"
        ~ (number_setting('monitoring_late_days', at_least=1) | int)
        ~ "' day as date) from " ~ stored
        ~ " where grain = 'day' having min(settings) = '" ~ metric_settings()
        ~ "' and max(settings) = '" ~ metric_settings() ~ "'") -%}
    {%- if not found.rows or found.rows[0][0] is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(found.rows[0][0] | string | truncate(10, true, '')) }}
{% endmacro %}
