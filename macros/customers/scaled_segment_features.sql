{% macro scaled_segment_features(source, scaling) %}
{#-
    Select list: every feature of `source` (a relation or CTE with the columns of
    segment_features) in the units of `scaling`, a CTE made by
    wide_segment_scaling. A feature that is NULL, or the same for all customers,
    says nothing and is 0; what lies beyond the cut counts as on it. Rounded to 12
    decimals: logarithms differ in the last digit between machines, and a clustering
    can turn on it.
-#}
    {%- set columns = [] -%}
    {%- for feature in segment_features() -%}
        {%- do columns.append(
            'round(greatest(-' ~ scaling ~ '.cut, least(' ~ scaling ~ '.cut, coalesce(('
            ~ powered_value(source ~ '.' ~ feature, scaling ~ '.power_' ~ feature)
            ~ ' - ' ~ scaling ~ '.center_' ~ feature ~ ') / nullif(' ~ scaling ~ '.spread_'
            ~ feature ~ ', 0e0), 0e0))), 12) as ' ~ feature
        ) -%}
    {%- endfor -%}
    {{ return(columns | join(',\n        ')) }}
{% endmacro %}
