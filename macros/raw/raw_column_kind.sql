{% macro raw_column_kind(table_name, column_name) %}
{#-
    How a registered raw column is stored: 'timestamp', 'numeric' or 'text';
    'absent' where the source has no such column.  'text' before the raw tables
    are registered (dbt parse, compile, docs on a fresh machine).
-#}
    {%- if not execute -%}
        {{ return('text') }}
    {%- endif -%}
    {%- set registry = adapter.get_relation(
        database=target.database, schema='raw', identifier='registered_columns') -%}
    {%- if registry is none -%}
        {{ return('text') }}
    {%- endif -%}
    {%- set rows = run_query(
        "select storage_kind from " ~ registry
        ~ " where table_name = '" ~ table_name ~ "'"
        ~ " and column_name = '" ~ column_name ~ "'") -%}
    {{ return(rows.columns[0].values()[0] if rows | length else 'text') }}
{% endmacro %}
