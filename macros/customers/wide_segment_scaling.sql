{% macro wide_segment_scaling(scaling) %}
{#-
    Query: `scaling` (a CTE with the columns of int_segment_scaling) with one row
    a feature_scaling: its cut, and power, center and spread of every feature
    beside each other.
-#}
    {%- set columns = [] -%}
    {%- for feature in segment_features() -%}
        {%- for column in ['power', 'center', 'spread'] -%}
            {%- do columns.append(
                'max(case when feature = ' ~ "'" ~ feature ~ "' then " ~ column ~ ' end) as '
                ~ column ~ '_' ~ feature
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(
        'select\n        feature_scaling,\n        max(cut) as cut,\n        ' ~ (columns | join(',\n        '))
        ~ '\n    from ' ~ scaling ~ '\n    group by feature_scaling'
    ) }}
{% endmacro %}
