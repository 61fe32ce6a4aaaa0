{% macro path_settings() %}
{#-
    The settings that decide which touches stand in a path and what they weigh, as
    text for an SQL literal. Paths built under other settings are not mixed.
-#}
    {%- set found = [] -%}
    {%- for name in [
        'lookback_days', 'half_life_days', 'path_policy', 'collapse_repeats',
        'exclude_direct', 'conversion_scope', 'conversion_value', 'business_timezone',
    ] -%}
        {%- do found.append(name ~ '=' ~ var(name)) -%}
    {%- endfor -%}
    {{ return(found | join('; ') | replace("'", "''")) }}
{% endmacro %}
