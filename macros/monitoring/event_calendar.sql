{% macro event_calendar() %}
{#-
    Whose rows of the seed known_events count: the setting event_calendar; where
    it is null, novamart for the demo data and own for all others.
    Errors: a text with anything but letters, digits, - and _ in it.
-#}
    {%- set calendar = var('event_calendar') -%}
    {%- if calendar is none -%}
        {%- set demo = env_var('INSIGHT_DATA', 'demo/data').rstrip('/').endswith('demo/data') -%}
        {{ return('novamart' if demo else 'own') }}
    {%- endif -%}
    {%- if calendar is not string or not modules.re.match('^[A-Za-z0-9_-]+$', calendar) -%}
        {{ raise_setting_error('event_calendar', 'must be a word like own') }}
    {%- endif -%}
    {{ return(calendar) }}
{% endmacro %}
