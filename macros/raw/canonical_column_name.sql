{% macro canonical_column_name(name) %}
{#- A column name for comparison: lower case, blanks and hyphens as underscores. -#}
    {{ return(name | string | trim | lower | replace(' ', '_') | replace('-', '_')) }}
{% endmacro %}
