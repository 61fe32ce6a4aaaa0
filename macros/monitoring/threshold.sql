{% macro threshold(direction) %}
{#-
    The z-score from which a drop or a spike (`direction`) is out of line, by the
    column grain: settings anomaly_daily_drop_z and its kin.
-#}
    {%- set daily = number_setting('anomaly_daily_' ~ direction ~ '_z', above=0) -%}
    {%- set hourly = number_setting('anomaly_hourly_' ~ direction ~ '_z', above=0) -%}
    {{ return("case when grain = 'hour' then " ~ hourly ~ 'e0 else ' ~ daily ~ 'e0 end') }}
{% endmacro %}
