{% macro position_weights() %}
{#-
    The setting position_weights as a dict of three numbers: first, middle, last.
    Errors: a missing or unknown key, a negative number, first and last both 0
    (a path of two touches would have no weight).
-#}
    {%- set weights = var('position_weights') -%}
    {%- if weights is not mapping
        or weights.keys() | sort | join(',') != 'first,last,middle' -%}
        {{ raise_setting_error(
            'position_weights', 'must have exactly the keys first, middle and last') }}
    {%- endif -%}
    {%- set numbers = {} -%}
    {%- for key, value in weights.items() -%}
        {%- set number = as_number(value) -%}
        {%- if number is none or number < 0 -%}
            {{ raise_setting_error(
                'position_weights', "must hold numbers of at least 0, but '" ~ key ~ "' is not") }}
        {%- endif -%}
        {%- do numbers.update({key: number}) -%}
    {%- endfor -%}
    {%- if numbers['first'] + numbers['last'] <= 0 -%}
        {{ raise_setting_error(
            'position_weights', 'must give first and last together more than 0') }}
    {%- endif -%}
    {{ return(numbers) }}
{% endmacro %}
