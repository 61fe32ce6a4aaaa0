{% macro checked_kpis() %}{{ return([]) }}{% endmacro %}
