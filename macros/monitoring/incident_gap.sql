{% macro incident_gap(grain='grain') %}
{#- Ordinary periods in a row that an incident outlives, by the column `grain`. -#}
    {{ return('case when ' ~ grain ~ " = 'hour' then 3 else 1 end") }}
{% endmacro %}
