{% macro clean_text(column) %}
{#-
    A text without blanks around it, empty as NULL.  Looks for blanks before it
    trims: nearly every value has none, and tests of an end are cheap.
-#}
    {{ return(
        'case when ' ~ column ~ " = '' then null"
        ~ ' when ' ~ column ~ " like ' %' or " ~ column ~ " like '% '"
        ~ ' then nullif(trim(' ~ column ~ "), '') else " ~ column ~ ' end'
    ) }}
{% endmacro %}
