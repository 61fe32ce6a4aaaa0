{% macro forecast_unit(forecast, is_never_negative, mean_size) %}
{#-
    What errors of a forecast are measured in, so that those of small and large
    forecasts can be put together.  Series that were never negative err in proportion
    to the `forecast`, but not by less than if it were a fifth of the series'
    `mean_size`; others by the mean size itself.
-#}
    case
        when {{ is_never_negative }}
            then greatest({{ forecast }}, 0.2e0 * {{ mean_size }})
        else {{ mean_size }}
    end
{%- endmacro %}
