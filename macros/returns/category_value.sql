{% macro category_value(column) %}
{#-
    A cleaned text as a category: letter case does not matter, and no value is the
    category "(none)".
-#}
    {{ return("coalesce(lower(" ~ column ~ "), '(none)')") }}
{% endmacro %}
