{% macro insight_spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
{#-
    A Python model's code says where its rows go.  SQL is dbt-spark's; where the model's
    contract says bigint, row numbers and lengths, which are 32-bit here, are widened.
-#}
    {%- if language == 'python' -%}
{{ compiled_code }}

write_to = {{ relation | string | tojson }}
file_format = {{ config.get('file_format', 'parquet') | tojson }}
    {%- else -%}
        {%- set contract = config.get('contract') -%}
        {%- if contract and contract.enforced -%}
            {%- set compiled_code = insight_spark__in_contracted_integers(
                compiled_code, model.columns) -%}
        {%- endif -%}
        {{ spark__create_table_as(temporary, relation, compiled_code, language) }}
    {%- endif -%}
{%- endmacro %}
