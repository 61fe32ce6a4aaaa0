{% macro forecast_periods(name, at_least=1) %}
{#-
    The setting `name` (forecast_horizons, forecast_backtests) as a dict grain ->
    whole number.
    Errors: other keys than the grains, a number that is not whole, below
    `at_least` or above 366.
-#}
    {%- set value = var(name) -%}
    {%- set grains = forecast_grains().keys() | sort -%}
    {%- if value is not mapping or value.keys() | sort != grains -%}
        {{ raise_setting_error(name, 'must have exactly the keys ' ~ (grains | join(', '))) }}
    {%- endif -%}
    {%- for grain, periods in value.items() -%}
        {%- if periods is boolean or periods is not integer
            or periods < at_least or periods > 366 -%}
            {{ raise_setting_error(
                name, "must hold whole numbers from " ~ at_least ~ " to 366, but '"
                ~ grain ~ "' does not") }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(value) }}
{% endmacro %}
