{% macro stored_relation(model) %}
{#-
    The relation that an earlier run left of `model`, or none: without a build, in a
    full refresh and in unit tests. For what depends on its own past, where ref()
    would be a circle.
-#}
    {%- set found = namespace(relation=none) -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- for node in graph.nodes.values()
            if node.name == model and node.resource_type == 'model' -%}
            {%- set found.relation = adapter.get_relation(
                node.database, node.schema, node.alias) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.relation) }}
{% endmacro %}
