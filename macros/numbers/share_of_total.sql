{% macro share_of_total(measure, partition_by, decimals=15, nothing='0e0') %}
{#-
    A row's share of the total of `measure` over its partition (list of columns). NULL
    where there is no total to share out: it is 0 or less, or so small beside its parts
    (a part in 10^12) that it is what their rounding has left. A share of a negative
    total would turn every sign around.
    `decimals`: places to which values are rounded before they are added up.
    `nothing`: a total up to this is none either, however small its parts are.
-#}
    {%- set window = 'partition by ' ~ (partition_by | join(', ')) -%}
    {%- set total = stable_sum(measure, over=window, decimals=decimals) -%}
    {%- set size = stable_sum('abs(' ~ measure ~ ')', over=window, decimals=decimals) -%}
    {{ return(
        'case when ' ~ total ~ ' > greatest(' ~ nothing ~ ', 1e-12 * ' ~ size ~ ') then '
        ~ measure ~ ' / ' ~ total ~ ' end'
    ) }}
{% endmacro %}
