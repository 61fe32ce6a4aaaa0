{% macro is_time_zone(name) %}
{#- Does the engine know the time zone `name` (IANA)? -#}
    {{ return(adapter.dispatch('is_time_zone', 'insight_engine')(name)) }}
{% endmacro %}

{% macro duckdb__is_time_zone(name) %}
    {%- set found = run_query(
        "select count(*) from pg_timezone_names() where lower(name) = lower('"
        ~ (name | string).replace("'", "''") ~ "')") -%}
    {{ return(found.columns[0].values()[0] | int > 0) }}
{% endmacro %}

{% macro spark__is_time_zone(name) %}
    {{ return((name | string | lower) in (modules.pytz.all_timezones | map('lower') | list)) }}
{% endmacro %}
