{% macro credit_settings() %}
{#-
    What decides credits beyond path_settings(), as text for an SQL literal: settings,
    and the arithmetic of weight_sum, which earlier versions did in decimals.
-#}
    {%- set weights = position_weights() -%}
    {{ return(
        'position_weights=' ~ weights.first ~ '/' ~ weights.middle ~ '/' ~ weights.last
        ~ '; weights in parts of 2^-100'
    ) }}
{% endmacro %}
