{% macro choice_setting(name, choices) %}
{#-
    The setting `name`, one of `choices`.  Letter case and blanks do not matter,
    and a choice may be cut short at an underscore (all for all_orders).
    Errors: none of the choices.
-#}
    {%- set value = var(name) | string | trim | lower | replace(' ', '_') | replace('-', '_') -%}
    {%- for choice in choices -%}
        {%- if value == choice or choice.startswith(value ~ '_') or value.startswith(choice ~ '_') -%}
            {{ return(choice) }}
        {%- endif -%}
    {%- endfor -%}
    {{ raise_setting_error(name, 'must be one of: ' ~ (choices | join(', '))) }}
{% endmacro %}
