{% macro generate_schema_name(custom_schema_name, node) %}
{#- Schemas are named as configured, without the target's name before them. -#}
    {{ return((custom_schema_name or target.schema) | trim) }}
{% endmacro %}
