{% macro date_setting(name, nullable=false) %}
{#-
    The setting `name` as a text YYYY-MM-DD, or none where `nullable` and unset.
    Errors: no date of the calendar.
-#}
    {%- if var(name) is none and nullable -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set text = var(name) | string -%}
    {%- if modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', text) -%}
        {%- set found = run_query("select try_cast('" ~ text ~ "' as date) as found") -%}
        {%- if found.columns[0].values()[0] is not none -%}
            {{ return(text) }}
        {%- endif -%}
    {%- endif -%}
    {{ raise_setting_error(name, 'must be a date like 2025-12-31') }}
{% endmacro %}
