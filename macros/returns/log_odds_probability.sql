{% macro log_odds_probability(log_odds) %}
{#- The probability that has these log-odds. -#}
    {{ return('(1e0 / (1e0 + exp(-(' ~ log_odds ~ '))))') }}
{% endmacro %}
