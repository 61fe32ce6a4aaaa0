{% macro stored_relation(model) %}
{#-
    The relation that an earlier run left of `model`, or none: without a build, in a
    full refresh (asked for, or in the configuration of the model that asks) and in
    unit tests. For what depends on its own past, where ref() would be a circle.
-#}
    {%- set node = none if should_full_refresh() else project_node(model) -%}
    {{ return(adapter.get_relation(node.database, node.schema, node.alias) if node else none) }}
{% endmacro %}
