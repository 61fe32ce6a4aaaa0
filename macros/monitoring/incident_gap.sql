{% macro incident_gap(grain='grain', shifted=false) %}
{#-
    Ordinary periods in a row that an incident outlives, by the column `grain`;
    `shifted`: while the series is held to be shifted its way.
-#}
    {%- if shifted -%}
        {{ return('case when ' ~ grain ~ " = 'hour' then 24 else 3 end") }}
    {%- endif -%}
    {{ return('case when ' ~ grain ~ " = 'hour' then 3 else 1 end") }}
{% endmacro %}
