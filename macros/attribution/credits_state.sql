{% macro credits_state() %}
{#-
    The relation that says under which settings the rows of touchpoint_credits were
    computed and which touches were history then: one row, written in the same
    transaction as the credits (remember_credits_state), so that it can never speak of
    other credits. Not a model, because it must not be older or newer than they are.
-#}
    {%- set node = project_node('int_touch_history') -%}
    {{ return(api.Relation.create(
        database=node.database, schema=node.schema, identifier='credits_state') if node else none) }}
{% endmacro %}
