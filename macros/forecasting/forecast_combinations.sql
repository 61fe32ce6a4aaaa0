{% macro forecast_combinations() %}
{#-
    Means of fitted candidates that are models of their own, as a dict name -> list of
    candidates, those of most candidates first.  The one of all is called combination.
-#}
    {%- set fitted = ['ets', 'damped_holt_winters', 'theta', 'sarimax'] -%}
    {%- set chosen = {} -%}
    {%- for size in [4, 3, 2] -%}
        {#- The bits of the number say who takes part. -#}
        {%- for number in range(15, 0, -1) -%}
            {%- set members = [] -%}
            {%- for candidate in fitted -%}
                {%- if (number // 2 ** (3 - loop.index0)) % 2 == 1 -%}
                    {%- do members.append(candidate) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if members | length == size -%}
                {%- set name = 'combination' if size == 4 else members | join(' + ') -%}
                {%- do chosen.update({name: members}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(chosen) }}
{% endmacro %}
