{% macro peak_order() %}
{#-
    What orders the anomalies of an incident by size, for max_by: the deviation,
    a value where nothing was expected above all; of equals the earliest.
-#}
    {{ return(
        "lpad(cast(cast(1e3 * least(coalesce(abs(deviation_pct), 1e12), 1e12) as bigint)"
        ~ " as " ~ dbt.type_string() ~ "), 16, '0')"
        ~ " || cast(cast(100000000 - place as bigint) as " ~ dbt.type_string() ~ ")"
    ) }}
{% endmacro %}
