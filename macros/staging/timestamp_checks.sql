{% macro timestamp_checks(table_name, column_name) %}
{#-
    Checks of a timestamp column for rejection(); the parsed value is expected
    in <column_name>_parsed.
-#}
    {%- set parsed = column_name ~ '_parsed' -%}
    {{ return([
        (is_blank(table_name, column_name), 'missing ' ~ column_name),
        (parsed ~ ' is null', 'unreadable ' ~ column_name),
        (implausible_timestamp(parsed), 'implausible ' ~ column_name),
    ]) }}
{% endmacro %}
