{% macro print_summary(results) %}{% endmacro %}
