{% macro data_type_name(data_type) %}
{#- The name of a column's type as people read it, the same on every engine. -#}
    {{ return(adapter.dispatch('data_type_name', 'insight_engine')(data_type)) }}
{% endmacro %}

{% macro default__data_type_name(data_type) %}
    {{ return(data_type | lower) }}
{% endmacro %}

{% macro spark__data_type_name(data_type) %}
    {%- set names = {'string': 'varchar', 'int': 'integer'} -%}
    {{ return(names.get(data_type | lower, data_type | lower)) }}
{% endmacro %}
