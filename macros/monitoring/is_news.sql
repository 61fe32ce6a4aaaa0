{% macro is_news(news, days_before=0) %}
{#-
    Condition on the columns grain and period_start: a point has to be judged, or lies
    at most `days_before` days before one that has; `news` is of points_news().
-#}
    {%- set conditions = [] -%}
    {%- for grain in ['hour', 'day'] if news[grain] -%}
        {%- do conditions.append("(grain = '" ~ grain ~ "' and period_start >= timestamp '"
            ~ news[grain] ~ "' - interval '" ~ days_before ~ "' day)") -%}
    {%- endfor -%}
    {{ return('(' ~ (conditions | join(' or ') or '1 = 0') ~ ')') }}
{% endmacro %}
