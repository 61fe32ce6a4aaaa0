{% macro markov_order() %}
{#-
    The setting markov_order: how many touches back a state of the chain looks, 1
    to 3.
-#}
    {%- set order = number_setting('markov_order', at_least=1, at_most=3) -%}
    {%- if order != order | int -%}
        {{ raise_setting_error('markov_order', 'must be 1, 2 or 3') }}
    {%- endif -%}
    {{ return(order | int) }}
{% endmacro %}
