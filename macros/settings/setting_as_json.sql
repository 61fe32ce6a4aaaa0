{% macro setting_as_json(name) %}
{#- Value of the setting `name` as JSON text. -#}
    {%- set value = var(name) -%}
    {#- YAML reads an as_of without quotes as a date, which JSON has not. -#}
    {%- if name == 'as_of' and value is not none -%}
        {%- set value = value | string -%}
    {%- endif -%}
    {{ return(tojson(value)) }}
{% endmacro %}
