{% macro row_checksum(columns) %}
{#-
    Aggregate: a text that changes when any value of `columns` (list) in any row of
    the group changes, whatever the order of the rows, which must differ from each
    other. Comparable within one warehouse only; another version of the engine may
    hash differently. NULL for no row.
-#}
    {{ return(adapter.dispatch('row_checksum', 'insight_engine')(columns)) }}
{% endmacro %}

{% macro duckdb__row_checksum(columns) -%}
    cast(bit_xor(hash({{ columns | join(', ') }})) as varchar)
{%- endmacro %}

{% macro spark__row_checksum(columns) -%}
    cast(bit_xor(xxhash64({{ columns | join(', ') }})) as string)
{%- endmacro %}
