{% macro lookback_limit() %}
{#-
    The setting lookback_days, or none where it sets no limit: null, or so many
    days (a thousand years) that no plausible touch lies before them.
-#}
    {%- set days = number_setting('lookback_days', at_least=0, nullable=true) -%}
    {{ return(none if days is none or days >= 365000 else days) }}
{% endmacro %}
