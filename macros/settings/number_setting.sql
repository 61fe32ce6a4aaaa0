{% macro number_setting(name, at_least=none, above=none, at_most=none, nullable=false) %}
{#-
    The setting `name` as a number, or none where `nullable` and unset.  A number
    that YAML takes for a text (1e-9) is one all the same.
    Errors: not a finite number, or outside the stated bounds.
-#}
    {%- set value = as_number(var(name)) -%}
    {%- if var(name) is none and nullable -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if value is none -%}
        {{ raise_setting_error(name, 'must be a number') }}
    {%- elif at_least is not none and value < at_least -%}
        {{ raise_setting_error(name, 'must be at least ' ~ at_least) }}
    {%- elif above is not none and value <= above -%}
        {{ raise_setting_error(name, 'must be above ' ~ above) }}
    {%- elif at_most is not none and value > at_most -%}
        {{ raise_setting_error(name, 'must be at most ' ~ at_most) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}
