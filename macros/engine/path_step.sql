{% macro path_step(text) %}
{#-
    `text` as a step of a path whose steps are joined by ' > ': a '>' inside it is
    written '\>', so different paths never read the same.
-#}
    {{ return(adapter.dispatch('path_step', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__path_step(text) -%}
    replace(replace({{ text }}, '\', '\\'), '>', '\>')
{%- endmacro %}

{% macro spark__path_step(text) -%}
    replace(replace({{ text }}, '\\', '\\\\'), '>', '\\>')
{%- endmacro %}
