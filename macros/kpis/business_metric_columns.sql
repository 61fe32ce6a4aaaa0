{% macro business_metric_columns() %}
{#-
    The measures of int_business_metrics, which KPI formulas may use, as its
    contract lists them; empty while dbt is still parsing and in unit tests.
-#}
    {%- set node = project_node('int_business_metrics') -%}
    {%- set columns = node.columns | reject('in', ['period_start', 'is_complete']) | list
        if node else [] -%}
    {{ return(columns) }}
{% endmacro %}
