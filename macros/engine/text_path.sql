{% macro text_path(text, ordering) %}
{#-
    Aggregate: `text` of a group's rows joined by ' > ' in the order of
    `ordering`.  A '>' inside a text is written '\>', so different paths never
    read the same.
-#}
    {{ return(adapter.dispatch('text_path', 'insight_engine')(text, ordering)) }}
{% endmacro %}

{% macro duckdb__text_path(text, ordering) -%}
    string_agg(replace(replace({{ text }}, '\', '\\'), '>', '\>'), ' > ' order by {{ ordering }})
{%- endmacro %}
