{% macro share_of_total(measure, partition_by) %}
{#-
    A row's share of the total of `measure` over its partition (list of columns),
    NULL where the total is 0.
-#}
    {{ return(
        measure ~ ' / nullif('
        ~ stable_sum(measure, over='partition by ' ~ (partition_by | join(', ')))
        ~ ', 0e0)'
    ) }}
{% endmacro %}
