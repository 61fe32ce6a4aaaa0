{% macro row_key(columns) %}
{#-
    A text that is the same for rows alike in all of `columns`, and for no others:
    the values joined by |, with a backslash before a | inside a value.  NULL is
    written as nothing, which cleaned texts never are.
-#}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append(
            "coalesce(replace(replace(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), "
            ~ text_literal('\\') ~ ", " ~ text_literal('\\\\') ~ "), '|', "
            ~ text_literal('\\|') ~ "), '')") -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{% endmacro %}
