{% macro news_columns(news) %}
{#-
    Columns earlier_print and new_from, by which the next models know what is new:
    NULL where `news` (points_news) is none.
-#}
    {%- if not news -%}
        {{ return('cast(null as ' ~ dbt.type_string() ~ ') as earlier_print, '
            ~ 'cast(null as timestamp) as new_from') }}
    {%- endif -%}
    {{ return("'" ~ news.print ~ "' as earlier_print, case when grain = 'hour' then "
        ~ ("timestamp '" ~ news.hour ~ "'" if news.hour else 'cast(null as timestamp)')
        ~ ' else '
        ~ ("timestamp '" ~ news.day ~ "'" if news.day else 'cast(null as timestamp)')
        ~ ' end as new_from') }}
{% endmacro %}
