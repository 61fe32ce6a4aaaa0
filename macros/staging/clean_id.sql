{% macro clean_id(column) %}
{#-
    An identifier as text: no blanks around it, empty as NULL, and 17850.0 as
    17850, because a column of numbers with gaps is exported with decimals by
    some tools and without by others.
-#}
    {%- set trimmed = 'trim(' ~ column ~ ')' -%}
    {%- set whole = 'substr(' ~ trimmed ~ ', 1, length(' ~ trimmed ~ ') - 2)' -%}
    {{ return(
        'case when ' ~ column ~ " like '%.0%' and " ~ trimmed ~ " like '%.0'"
        ~ ' and try_cast(' ~ whole ~ ' as bigint) is not null then ' ~ whole
        ~ ' else ' ~ clean_text(column) ~ ' end'
    ) }}
{% endmacro %}
