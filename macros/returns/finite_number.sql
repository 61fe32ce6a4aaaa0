{% macro finite_number(text) %}
{#- A text as a finite double; NULL for anything else, infinity and not-a-number included. -#}
    {%- set number = 'try_cast(' ~ text ~ ' as double)' -%}
    {{ return('case when abs(' ~ number ~ ') <= 1e300 then ' ~ number ~ ' end') }}
{% endmacro %}
