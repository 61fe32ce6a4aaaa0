{% macro plain_date(text) %}
{#- A text that starts with a date YYYY-MM-DD as that date; NULL for anything else. -#}
    {{ return(
        'case when ' ~ text ~ " like '____-__-__%' then try_cast(substr(" ~ text
        ~ ', 1, 10) as date) end'
    ) }}
{% endmacro %}
