{% macro csv_column_names(facts) %}
{#-
    Names of the columns of a CSV file, in order: those of its header, and column_<n>
    for the n-th where the header has none.
    Arguments:
        facts: what was seen in the file (inspect_raw_files).
-#}
    {%- set names = [] -%}
    {%- for name in facts['header'] -%}
        {%- do names.append(name or 'column_' ~ loop.index) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}
