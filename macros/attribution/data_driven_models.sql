{% macro data_driven_models() %}
{#-
    Names of the attribution models that are fitted on whole journeys, the
    unconverted ones too: one share a channel, where the heuristic models credit
    single touches.
-#}
    {{ return(['markov', 'shapley']) }}
{% endmacro %}
