{% macro can_replace_by_itself() %}
{#- Whether a table can be replaced by a query that reads it. -#}
    {{ return(adapter.dispatch('can_replace_by_itself', 'insight_engine')()) }}
{% endmacro %}

{% macro duckdb__can_replace_by_itself() %}
    {{ return(true) }}
{% endmacro %}

{% macro spark__can_replace_by_itself() %}
    {{ return(false) }}
{% endmacro %}
