{% macro attribution_models() %}
{#-
    Names of the heuristic attribution models; touchpoint_credits has a column
    credit_<name> for each.
-#}
    {{ return([
        'first_touch',
        'last_touch',
        'last_non_direct',
        'linear',
        'time_decay',
        'position_based',
    ]) }}
{% endmacro %}
