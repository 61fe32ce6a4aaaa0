{% macro row_key(columns) %}
{#- A text that is the same for rows alike in all of `columns`, NULLs included. -#}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append(
            "coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '')") -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{% endmacro %}
