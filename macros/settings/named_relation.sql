{% macro named_relation(setting, owner, name) %}
{#-
    The relation that a setting names: a model or seed of the project by its name, a
    table of the warehouse as schema.table.

    Arguments:
        setting: the setting, for errors.
        owner: who names it, for errors: "the test 'a' has ".
        name: what the setting says.
    Errors: a model or table that is not there.  Before a model is built, its relation
    is returned all the same.
-#}
    {%- set start = 'Setting ' ~ setting ~ ': ' ~ owner -%}
    {%- if '.' not in name -%}
        {%- if execute and graph.get('nodes')
            and not project_node(name, ['model', 'seed', 'snapshot']) -%}
            {{ exceptions.raise_compiler_error(start ~ "the relation '" ~ name
                ~ "', which is no model or seed of the project; a table of the warehouse is"
                ~ ' written schema.table.') }}
        {%- endif -%}
        {{ return(ref(name)) }}
    {%- endif -%}
    {%- set parts = name.split('.') -%}
    {%- set relation = api.Relation.create(
        database=parts[-3] if parts | length == 3 else target.database,
        schema=parts[-2], identifier=parts[-1]) -%}
    {%- if execute and load_relation(relation) is none -%}
        {{ exceptions.raise_compiler_error(start ~ "the relation '" ~ name
            ~ "', which is no table of the warehouse.") }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
