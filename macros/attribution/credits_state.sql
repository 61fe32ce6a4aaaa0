{% macro credits_state() %}
{#-
    The relation that says under which settings the rows of touchpoint_credits were
    computed and which touches were history then: one row, written in the same
    transaction as the credits (remember_credits_state), so that it can never speak of
    other credits. Not a model, because it must not be older or newer than they are.
-#}
    {%- set found = namespace(relation=none) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.name == 'int_touch_history' and node.resource_type == 'model' -%}
            {%- set found.relation = api.Relation.create(
                database=node.database, schema=node.schema, identifier='credits_state') -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.relation) }}
{% endmacro %}
