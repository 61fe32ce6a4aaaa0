{% macro jackknife_group(id) %}
{#-
    Group 0 to 49 of an id, the same on every engine: the first seven hex digits
    of its md5, modulo 50.
-#}
    {{ return(adapter.dispatch('jackknife_group', 'insight_engine')(id)) }}
{% endmacro %}

{% macro duckdb__jackknife_group(id) -%}
    cast(cast('0x' || substr(md5({{ id }}), 1, 7) as bigint) % 50 as integer)
{%- endmacro %}

{% macro spark__jackknife_group(id) -%}
    cast(cast(conv(substr(md5({{ id }}), 1, 7), 16, 10) as bigint) % 50 as integer)
{%- endmacro %}
