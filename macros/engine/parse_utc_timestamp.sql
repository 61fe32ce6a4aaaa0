{% macro parse_utc_timestamp(text) %}
{#-
    A text as a UTC timestamp: ISO 8601, an offset honoured, no offset meaning
    UTC; then the formats of the setting timestamp_formats.  NULL where none
    fits: 01/02/2024 is two days, so it is never guessed.
-#}
    {{ return(adapter.dispatch('parse_utc_timestamp', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__parse_utc_timestamp(text) -%}
    {%- set formats = timestamp_formats() -%}
    coalesce(
        timezone('UTC', try_cast(trim({{ text }}) as timestamptz))
        {%- if formats %},
        try_strptime(trim({{ text }}), {{ formats }})
        {%- endif %}
    )
{%- endmacro %}
