{% macro clean_id(column) %}
{#-
    An identifier as text: no blanks around it, empty as NULL, and 17850.0 as
    17850, because a column of numbers with gaps is exported with decimals by
    some tools and without by others.
-#}
    {{ return(
        "case when trim(" ~ column ~ ") like '%.0' and try_cast(substr(trim(" ~ column
        ~ "), 1, length(trim(" ~ column ~ ")) - 2) as bigint) is not null"
        ~ " then substr(trim(" ~ column ~ "), 1, length(trim(" ~ column ~ ")) - 2)"
        ~ " else nullif(trim(" ~ column ~ "), '') end"
    ) }}
{% endmacro %}
