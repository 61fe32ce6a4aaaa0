{% macro quality_weights() %}
{#-
    The setting quality_weights, scaled to sum to 1: a dict dimension -> weight.
    Errors: a missing or unknown dimension, a negative number, nothing above 0.
-#}
    {%- set dimensions = ['completeness', 'uniqueness', 'validity', 'consistency', 'timeliness'] -%}
    {%- set weights = var('quality_weights') -%}
    {%- if weights is not mapping
        or weights.keys() | sort | join(',') != dimensions | sort | join(',') -%}
        {{ raise_setting_error(
            'quality_weights', 'must have exactly the keys ' ~ (dimensions | join(', '))) }}
    {%- endif -%}
    {%- set numbers = {} -%}
    {%- for dimension in dimensions -%}
        {%- set number = as_number(weights[dimension]) -%}
        {%- if number is none or number < 0 -%}
            {{ raise_setting_error('quality_weights',
                "must hold numbers of at least 0, but '" ~ dimension ~ "' is not") }}
        {%- endif -%}
        {%- do numbers.update({dimension: number}) -%}
    {%- endfor -%}
    {%- set total = numbers.values() | sum -%}
    {%- if not 0 < total < 1e300 -%}
        {{ raise_setting_error('quality_weights', 'must give the dimensions together more than 0') }}
    {%- endif -%}
    {%- for dimension in dimensions -%}
        {%- do numbers.update({dimension: numbers[dimension] / total}) -%}
    {%- endfor -%}
    {{ return(numbers) }}
{% endmacro %}
