{% macro staged_tables() %}
{#- The names of the staged tables: the raw tables, and what channels are called. -#}
    {{ return((raw_contract().keys() | list) + ['channel_spellings']) }}
{% endmacro %}
