{% macro timeliness_days() %}
{#-
    The setting timeliness_days as a dict of two numbers: fresh and stale.
    Errors: a missing or unknown key, no number, stale not after fresh.
-#}
    {%- set days = var('timeliness_days') -%}
    {%- if days is not mapping or days.keys() | sort | join(',') != 'fresh,stale' -%}
        {{ raise_setting_error('timeliness_days', 'must have exactly the keys fresh and stale') }}
    {%- endif -%}
    {%- set fresh, stale = as_number(days['fresh']), as_number(days['stale']) -%}
    {%- if fresh is none or stale is none or fresh < 0 or stale <= fresh -%}
        {{ raise_setting_error(
            'timeliness_days', 'must hold numbers of days, stale above fresh and none below 0') }}
    {%- endif -%}
    {{ return({'fresh': fresh, 'stale': stale}) }}
{% endmacro %}
