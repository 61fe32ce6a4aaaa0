{% macro number_list_setting(name, at_least=none, above=none) %}
{#-
    The setting `name` as a list of one to twenty different numbers, in order.
    Errors: not such a list, or a number outside the stated bounds.
-#}
    {%- set given = var(name) -%}
    {%- if given is string or given is mapping or given is not iterable
        or given | length == 0 or given | length > 20 -%}
        {{ raise_setting_error(name, 'must be a list of 1 to 20 numbers') }}
    {%- endif -%}
    {%- set numbers = [] -%}
    {%- for item in given -%}
        {%- set value = as_number(item) -%}
        {%- if value is none -%}
            {{ raise_setting_error(name, 'must be a list of numbers') }}
        {%- elif at_least is not none and value < at_least -%}
            {{ raise_setting_error(name, 'must hold no number below ' ~ at_least) }}
        {%- elif above is not none and value <= above -%}
            {{ raise_setting_error(name, 'must hold numbers above ' ~ above ~ ' only') }}
        {%- elif value in numbers -%}
            {{ raise_setting_error(name, 'holds ' ~ item ~ ' twice') }}
        {%- endif -%}
        {%- do numbers.append(value) -%}
    {%- endfor -%}
    {{ return(numbers | sort) }}
{% endmacro %}
