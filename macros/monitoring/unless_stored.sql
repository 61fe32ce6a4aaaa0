{% macro unless_stored(expression, column, news) %}
{#-
    `expression`, where all is judged. Where only news are (`news`, of points_news), of
    earlier points the stored `column` instead: columns is_new and stored_<column>.
-#}
    {{ return(
        'case when is_new then ' ~ expression ~ ' else stored_' ~ column ~ ' end'
        if news else expression
    ) }}
{% endmacro %}
