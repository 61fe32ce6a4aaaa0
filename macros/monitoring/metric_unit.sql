{% macro metric_unit(metric) %}
{#- Unit of a monitored metric (a column with its name): usd, count or share. -#}
    {{ return(
        "case when " ~ metric ~ " in ('orders', 'sessions') then 'count' when "
        ~ metric ~ " in ('conversion_rate', 'return_rate') then 'share' else 'usd' end"
    ) }}
{% endmacro %}
