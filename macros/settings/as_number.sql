{% macro as_number(value) %}
{#- A finite number, also one written as text (1e-9); none for anything else. -#}
    {%- if value is string
        and modules.re.match('^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *$', value) -%}
        {%- set value = value | float -%}
    {%- endif -%}
    {%- if value is boolean or value is not number or value != value
        or value > 1e300 or value < -1e300 -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}
