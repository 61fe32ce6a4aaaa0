{% macro metric_settings() %}
{#- Text that differs where a setting that sums of metrics depend on differs. -#}
    {%- set values = [] -%}
    {%- for name in [
        'business_timezone', 'monitoring_attribution_model', 'lookback_days',
        'half_life_days', 'path_policy', 'collapse_repeats', 'exclude_direct',
        'conversion_scope', 'position_weights', 'as_of',
    ] -%}
        {%- set value = var(name) -%}
        {#- YAML reads an as_of without quotes as a date, which JSON has not. -#}
        {%- if name == 'as_of' and value is not none -%}
            {%- set value = value | string -%}
        {%- endif -%}
        {%- do values.append(name ~ '=' ~ tojson(value)) -%}
    {%- endfor -%}
    {{ return(local_md5(values | join(';'))) }}
{% endmacro %}
