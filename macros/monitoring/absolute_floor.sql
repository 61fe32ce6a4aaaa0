{% macro absolute_floor(metric) %}
{#-
    Deviation below which a metric (a column with its name) stays quiet, in its
    unit: the setting anomaly_absolute_floors, 0 where it does not name the metric.
    Errors: no mapping of names to numbers of at least 0.
-#}
    {%- set floors = var('anomaly_absolute_floors') or {} -%}
    {%- if floors is not mapping -%}
        {{ raise_setting_error('anomaly_absolute_floors', 'must look like {revenue: 50}') }}
    {%- endif -%}
    {%- set branches = [] -%}
    {%- for name, floor in floors.items() -%}
        {%- if name not in monitored_metrics() -%}
            {{ raise_setting_error('anomaly_absolute_floors', "names the metric '" ~ name
                ~ "', but the metrics are: " ~ (monitored_metrics() | join(', '))) }}
        {%- endif -%}
        {%- set number = as_number(floor) -%}
        {%- if number is none or number < 0 -%}
            {{ raise_setting_error('anomaly_absolute_floors', 'must hold numbers of at least 0') }}
        {%- endif -%}
        {%- do branches.append('when ' ~ metric ~ " = '" ~ name ~ "' then " ~ number ~ 'e0') -%}
    {%- endfor -%}
    {{ return('case ' ~ (branches | join(' ')) ~ ' else 0e0 end' if branches else '0e0') }}
{% endmacro %}
