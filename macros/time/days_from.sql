{% macro days_from(earlier, later) %}
{#- Whole days from the date `earlier` to the date `later`; negative the other way. -#}
    {{ return(dbt.datediff(earlier, later, 'day')) }}
{% endmacro %}
