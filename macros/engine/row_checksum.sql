{% macro row_checksum(columns, where='true') %}
{#-
    Aggregate: a text that changes when any value of `columns` (list) in any row of
    the group changes, whatever the order of the rows, which must differ from each
    other. Rows for which the condition `where` does not hold do not count.
    Comparable within one warehouse only; another version of the engine may hash
    differently. NULL for no row.
-#}
    {{ return(adapter.dispatch('row_checksum', 'insight_engine')(columns, where)) }}
{% endmacro %}

{% macro duckdb__row_checksum(columns, where) -%}
    cast(bit_xor(hash({{ columns | join(', ') }})) filter (where {{ where }}) as varchar)
{%- endmacro %}

{% macro spark__row_checksum(columns, where) -%}
    cast(bit_xor(xxhash64({{ columns | join(', ') }})) filter (where {{ where }}) as string)
{%- endmacro %}
