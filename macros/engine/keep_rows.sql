{% macro keep_rows(relation, query) %}
{#-
    Statement that puts the rows of `query` in the place of `relation`, which no model
    owns.
-#}
    {{ return(adapter.dispatch('keep_rows', 'insight_engine')(relation, query)) }}
{% endmacro %}

{% macro duckdb__keep_rows(relation, query) %}
    {{ return('create or replace table ' ~ relation ~ ' as ' ~ query) }}
{% endmacro %}

{% macro spark__keep_rows(relation, query) %}
{#- Parquet tables cannot be replaced in one step. -#}
    {{ return('create or replace view ' ~ relation ~ ' as ' ~ query) }}
{% endmacro %}
