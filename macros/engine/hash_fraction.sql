{% macro hash_fraction(text) %}
{#-
    A number in [0, 1) that `text` alone decides, the same on every engine and
    without any pattern: the first seven hex digits of its md5 as a fraction.
    What draws samples without a random number.
-#}
    {{ return(adapter.dispatch('hash_fraction', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__hash_fraction(text) -%}
    (cast('0x' || substr(md5({{ text }}), 1, 7) as bigint) / 268435456e0)
{%- endmacro %}

{% macro spark__hash_fraction(text) -%}
    (cast(conv(substr(md5({{ text }}), 1, 7), 16, 10) as bigint) / 268435456e0)
{%- endmacro %}
