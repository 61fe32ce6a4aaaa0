{% macro all_attribution_models() %}
{#-
    Names of every attribution model, in the order people read them: simple to
    data-driven.
-#}
    {{ return(attribution_models() + data_driven_models()) }}
{% endmacro %}
