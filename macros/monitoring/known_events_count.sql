{% macro known_events_count() %}
{#-
    Do the rows of the seed known_events count: the setting known_events_apply;
    where it is null, yes for the demo data, whose events they are as shipped, and
    no for any other.
    Errors: anything but true, false and null.
-#}
    {%- if var('known_events_apply') is none -%}
        {{ return(env_var('INSIGHT_DATA', 'demo/data').rstrip('/').endswith('demo/data')) }}
    {%- endif -%}
    {{ return(boolean_setting('known_events_apply')) }}
{% endmacro %}
