{% macro amount_checks(table_name, column_name, required=true) %}
{#-
    Checks of an amount column for rejection(); the parsed value is expected in
    <column_name>_parsed.  An amount that is not `required` may be empty.
-#}
    {%- set parsed = column_name ~ '_parsed' -%}
    {%- set blank = is_blank(table_name, column_name) -%}
    {%- set checks = [] -%}
    {%- if required -%}
        {%- do checks.append((blank, 'missing ' ~ column_name)) -%}
    {%- endif -%}
    {%- do checks.append((
        parsed ~ ' is null' ~ ('' if required else ' and not (' ~ blank ~ ')'),
        'unreadable ' ~ column_name)) -%}
    {%- do checks.append((parsed ~ ' < 0', 'negative ' ~ column_name)) -%}
    {%- do checks.append((
        parsed ~ ' > ' ~ var('plausible_amount'), 'implausible ' ~ column_name)) -%}
    {{ return(checks) }}
{% endmacro %}
