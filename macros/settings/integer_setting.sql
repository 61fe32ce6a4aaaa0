{% macro integer_setting(name, at_least=none, at_most=none) %}
{#-
    The setting `name` as a whole number.
    Errors: not a number, a fraction, or outside the stated bounds.
-#}
    {%- set value = number_setting(name, at_least=at_least, at_most=at_most) -%}
    {%- if value != value | int -%}
        {{ raise_setting_error(name, 'must be a whole number') }}
    {%- endif -%}
    {{ return(value | int) }}
{% endmacro %}
