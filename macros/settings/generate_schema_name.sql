{% macro generate_schema_name(custom_schema_name, node) %}
{#-
    Schemas are named as configured, without the target's name before them; what
    is private to a folder goes to `intermediate` (int_*) or `ml` (ml_*),
    whatever the folder.
-#}
    {%- if node.name.startswith('int_') -%}
        {{ return('intermediate') }}
    {%- elif node.name.startswith('ml_') -%}
        {{ return('ml') }}
    {%- endif -%}
    {{ return((custom_schema_name or target.schema) | trim) }}
{% endmacro %}
