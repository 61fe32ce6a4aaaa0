{% macro edge_rows(model, columns) %}
{#-
    Select of a Python edge's rows, or of no row where the edge has not been built
    (its tag left out): what follows builds either way.
    Arguments:
        model: name of the Python model.
        columns: pairs (name, SQL type), such as a list, or the items of a dict.
-#}
    {%- set relation = ref(model) -%}
    {#- Unit tests stand a CTE in for the model. -#}
    {%- set is_there = not execute
        or relation.identifier.startswith('__dbt__cte__')
        or load_relation(relation) is not none -%}
    select
        {%- for name, type in columns %}
        cast({{ name if is_there else 'null' }} as {{ type }}) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {%- if is_there %}
    from {{ relation }}
    {%- else %}
    where 1 = 0
    {%- endif %}
{%- endmacro %}
