{% macro missing_text(column) %}
{#- Is a cleaned text one of the usual ways to write that there is no value? -#}
    {{ return(
        '(' ~ column ~ ' is null or lower(' ~ column ~ ") in ('?', '-', 'na', 'n/a', 'nan',"
        ~ " 'nat', 'null', 'none', 'inf', '-inf', '+inf', 'infinity', '-infinity'))"
    ) }}
{% endmacro %}
