{% macro text_path(text, position) %}
{#-
    Aggregate: `text` of a group's rows joined by ' > ' in the order of `position`,
    which numbers the rows 1, 2, 3... or is NULL for a single row; see path_step.
-#}
    {{ return(adapter.dispatch('text_path', 'insight_engine')(text, position)) }}
{% endmacro %}

{% macro duckdb__text_path(text, position) -%}
    {#- Most paths are short: picking their places out costs half of an ordered
        aggregate, which is left for the rest. -#}
    max({{ path_step(text) }}) filter (where {{ position }} is null or {{ position }} = 1)
        || coalesce(' > ' || max({{ path_step(text) }}) filter (where {{ position }} = 2), '')
        || coalesce(' > ' || max({{ path_step(text) }}) filter (where {{ position }} = 3), '')
        || coalesce(' > ' || string_agg({{ path_step(text) }}, ' > ' order by {{ position }})
            filter (where {{ position }} > 3), '')
{%- endmacro %}

{% macro spark__text_path(text, position) -%}
    array_join(
        transform(
            array_sort(collect_list(struct(
                coalesce({{ position }}, 1) as place, {{ path_step(text) }} as text
            ))),
            step -> step.text
        ),
        ' > '
    )
{%- endmacro %}
