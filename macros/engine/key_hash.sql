{% macro key_hash(text) %}
{#-
    A whole number of `text`: the same for equal texts, and nearly always another one
    for different texts. It finds rows that might belong together faster than texts
    do; what is found must then be compared. Not comparable between engines or their
    versions, so it decides no value and is stored nowhere.
-#}
    {{ return(adapter.dispatch('key_hash', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__key_hash(text) -%}
    hash({{ text }})
{%- endmacro %}

{% macro spark__key_hash(text) -%}
    xxhash64({{ text }})
{%- endmacro %}
