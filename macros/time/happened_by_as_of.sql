{% macro happened_by_as_of(date) %}
{#-
    Condition: what happened on the business date `date` (an expression) is known on the
    day of the setting as_of. Without it the last event is the present: always true.
-#}
    {%- if var('as_of') is none -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(date ~ " <= date '" ~ var('as_of') ~ "'") }}
{% endmacro %}
