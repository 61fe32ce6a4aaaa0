{% macro scale_floor() %}
{#-
    The least scale of residuals: a third of the setting anomaly_relative_floor, so
    that on a series without noise the floor alone decides.
-#}
    {{ return((number_setting('anomaly_relative_floor', at_least=0, at_most=1) / 3) ~ 'e0') }}
{% endmacro %}
