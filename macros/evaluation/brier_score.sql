{% macro brier_score(label, score) %}
{#-
    Aggregate: mean squared difference between `score` (a probability) and
    `label` (boolean or 0/1), as scikit-learn's brier_score_loss.  Rows with a
    NULL do not count; NULL where there are no rows.
-#}
{%- set square = 'power(' ~ score ~ ' - cast(' ~ label ~ ' as integer), 2)' -%}
    {{ return(stable_sum(square) ~ ' / nullif(count(' ~ square ~ '), 0)') }}
{% endmacro %}
