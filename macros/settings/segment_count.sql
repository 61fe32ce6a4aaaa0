{% macro segment_count() %}
{#-
    The setting n_segments: a whole number from 2 to 10, or none for auto.
    Errors: anything else.
-#}
    {%- if var('n_segments') is string and var('n_segments') | trim | lower == 'auto' -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set value = as_number(var('n_segments')) -%}
    {%- if value is none or value != value | int or value < 2 or value > 10 -%}
        {{ raise_setting_error('n_segments', 'must be a whole number from 2 to 10, or auto') }}
    {%- endif -%}
    {{ return(value | int) }}
{% endmacro %}
