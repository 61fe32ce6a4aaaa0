{% macro date_plus_days(date, days) %}
{#- The date `days` (a whole number, also below 0) days after `date`. -#}
    {{ return('cast(' ~ date ~ (" - interval '" if days < 0 else " + interval '")
        ~ (days | abs) ~ "' day as date)") }}
{% endmacro %}
