{% macro business_metric_columns() %}
{#-
    The measures of int_business_metrics, which KPI formulas may use, as its
    contract lists them; empty while dbt is still parsing and in unit tests.
-#}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for node in graph.get('nodes', {}).values()
            if node.name == 'int_business_metrics' and node.resource_type == 'model' -%}
            {%- for column in node.columns if column not in ['period_start', 'is_complete'] -%}
                {%- do columns.append(column) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}
