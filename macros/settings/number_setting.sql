{% macro number_setting(name, at_least=none, above=none, at_most=none, nullable=false) %}
{#-
    The setting `name` as a number, or none where `nullable` and unset.
    Errors: not a number, or outside the stated bounds.
-#}
    {%- set value = var(name) -%}
    {%- if value is none and nullable -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if value is boolean or value is not number or value != value -%}
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
