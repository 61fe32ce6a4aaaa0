{% macro implausible_timestamp(column) %}
{#-
    Is a timestamp outside [plausible_from, plausible_until)?  Without
    plausible_until the bound is the end of the day after the run.
-#}
    {%- set until = var('plausible_until') or
        (run_started_at + modules.datetime.timedelta(days=2)).strftime('%Y-%m-%d') -%}
    {{ return(
        '(' ~ column ~ " < timestamp '" ~ var('plausible_from') ~ " 00:00:00'"
        ~ ' or ' ~ column ~ " >= timestamp '" ~ until ~ " 00:00:00')"
    ) }}
{% endmacro %}
