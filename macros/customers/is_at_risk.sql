{% macro is_at_risk(candidate, probability, total_orders, days_since_last_order) %}
{#-
    Whether a customer (columns) is at risk: came back at least once, has not been
    silent so long as to be gone already, and will probably not order within the
    churn horizon. NULL where only the base rate is known: it says the same of all.
-#}
    {{ return(
        'case when ' ~ probability ~ " is null or " ~ candidate ~ " = 'base_rate' then null else "
        ~ total_orders ~ ' >= 2 and ' ~ days_since_last_order ~ ' <= '
        ~ integer_setting('lapsed_after_days') ~ ' and ' ~ probability ~ ' >= '
        ~ number_setting('churn_risk_threshold') ~ ' end'
    ) }}
{% endmacro %}
