{% macro python_edge_rows(relation, columns) %}
{#-
    Query: `columns` (dict of name -> type) of the Python model `relation`, or no
    row where it was never built: the project runs without its Python models, and
    what they would have told is then unknown.
-#}
    {#- Unit tests stand a CTE in for the model. -#}
    {%- set is_stand_in = (relation.identifier or '').startswith('__dbt__cte__') -%}
    {%- set found = load_relation(relation) if execute and not is_stand_in else relation -%}
    {%- set selected = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do selected.append(
            'cast(' ~ (name if found else 'null') ~ ' as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{ return(
        'select\n        ' ~ (selected | join(',\n        '))
        ~ ('\n    from ' ~ relation if found else '\n    where false')
    ) }}
{% endmacro %}
