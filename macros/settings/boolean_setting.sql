{% macro boolean_setting(name) %}
{#- The setting `name` as true or false.  Errors: anything else. -#}
    {%- set value = var(name) | string | lower -%}
    {%- if value not in ['true', 'false'] -%}
        {{ raise_setting_error(name, 'must be true or false') }}
    {%- endif -%}
    {{ return(value == 'true') }}
{% endmacro %}
