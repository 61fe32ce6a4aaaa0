{% macro stored_raw_types() %}
{#-
    What schema `raw` holds of earlier runs: name -> 'view' or 'table', where the engine
    must know it to replace them; else nothing.
-#}
    {{ return(adapter.dispatch('stored_raw_types', 'insight_engine')()) }}
{% endmacro %}

{% macro default__stored_raw_types() %}
    {{ return({}) }}
{% endmacro %}

{% macro duckdb__stored_raw_types() %}
    {%- set types = {} -%}
    {%- for row in run_query(
        "select table_name, table_type from information_schema.tables"
        ~ " where table_schema = 'raw' and table_catalog = current_database()").rows -%}
        {%- do types.update({row[0]: 'view' if row[1] == 'VIEW' else 'table'}) -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}
