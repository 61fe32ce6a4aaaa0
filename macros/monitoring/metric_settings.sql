{% macro metric_settings() %}
{#- Text that differs where a setting that sums of metrics depend on differs. -#}
    {%- set values = [] -%}
    {%- for name in [
        'business_timezone', 'monitoring_attribution_model', 'lookback_days',
        'half_life_days', 'path_policy', 'collapse_repeats', 'exclude_direct',
        'conversion_scope', 'position_weights', 'as_of',
    ] -%}
        {%- do values.append(name ~ '=' ~ setting_as_json(name)) -%}
    {%- endfor -%}
    {{ return(local_md5(values | join(';'))) }}
{% endmacro %}
