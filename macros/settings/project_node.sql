{% macro project_node(name, resource_types=['model']) %}
{#-
    The node called `name` of this project, or of the project that uses it as a
    package, as dbt's graph describes it; none where there is no such node, and while
    dbt is still parsing.  Looks keys up: to walk the whole graph costs half a second.

    Arguments:
        name: name of the node.
        resource_types: kinds of nodes to look for: model, seed, snapshot.
-#}
    {%- set nodes = graph.get('nodes', {}) if execute else {} -%}
    {%- set found = namespace(node=none) -%}
    {%- for resource_type in resource_types -%}
        {%- for package in [project_name, 'insight_engine'] -%}
            {%- set key = resource_type ~ '.' ~ package ~ '.' ~ name -%}
            {%- if found.node is none and key in nodes -%}
                {%- set found.node = nodes[key] -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found.node) }}
{% endmacro %}
