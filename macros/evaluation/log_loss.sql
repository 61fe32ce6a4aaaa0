{% macro log_loss(label, score) %}
{#-
    Aggregate: mean negative log-likelihood of `label` (boolean or 0/1) under
    `score` (a probability).  As in scikit-learn's log_loss the probability of
    what happened is kept at least 2^-52 and at most 1 - 2^-52, so that a wrong
    certainty costs 36, not infinity.  Rows with a NULL do not count; NULL where
    there are no rows.
-#}
{%- set probability =
    'case when cast(' ~ label ~ ' as integer) = 1 then ' ~ score
    ~ ' when cast(' ~ label ~ ' as integer) = 0 then 1e0 - ' ~ score ~ ' end' -%}
{%- set epsilon = '2.220446049250313e-16' -%}
{%- set loss =
    'case when ' ~ probability ~ ' is not null then -ln(least(greatest(' ~ probability
    ~ ', ' ~ epsilon ~ '), 1e0 - ' ~ epsilon ~ ')) end' -%}
    {{ return(stable_sum(loss) ~ ' / nullif(count(' ~ loss ~ '), 0)') }}
{% endmacro %}
