{% macro credit_settings() %}
{#-
    The settings that decide credits beyond path_settings(), as text for an SQL
    literal.
-#}
    {%- set weights = position_weights() -%}
    {{ return(
        'position_weights=' ~ weights.first ~ '/' ~ weights.middle ~ '/' ~ weights.last
    ) }}
{% endmacro %}
