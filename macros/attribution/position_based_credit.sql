{% macro position_based_credit(touch_position, path_length) %}
{#-
    Credit of a touch under position-based (U-shaped) attribution with the
    setting position_weights: 1 for a path of one; first and last weight scaled
    to sum to 1 for a path of two; otherwise the first and last weight, and the
    middle weight shared equally by the touches between, scaled to sum to 1.
-#}
    {%- set weights = position_weights() -%}
    {%- set first, middle, last = weights['first'], weights['middle'], weights['last'] -%}
    case
            when {{ path_length }} = 1 then 1e0
            when {{ path_length }} = 2 and {{ touch_position }} = 1
                then cast({{ first }} as double) / cast({{ first + last }} as double)
            when {{ path_length }} = 2
                then cast({{ last }} as double) / cast({{ first + last }} as double)
            when {{ touch_position }} = 1
                then cast({{ first }} as double) / cast({{ first + middle + last }} as double)
            when {{ touch_position }} = {{ path_length }}
                then cast({{ last }} as double) / cast({{ first + middle + last }} as double)
            else
                cast({{ middle }} as double) / cast({{ first + middle + last }} as double)
                / ({{ path_length }} - 2)
        end
{%- endmacro %}
