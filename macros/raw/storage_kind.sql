{% macro storage_kind(kind, data_type) %}
{#-
    How a raw column of `data_type` is kept for a contract column of `kind`: timestamp,
    numeric or text.
-#}
    {%- set data_type = data_type | lower -%}
    {%- if kind in ['timestamp', 'date']
        and (data_type.startswith('timestamp') or data_type == 'date') -%}
        {{ return('timestamp') }}
    {%- elif kind in ['amount', 'count'] and data_type.split('(')[0] in [
        'decimal', 'double', 'float', 'tinyint', 'smallint', 'int', 'integer', 'bigint',
        'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint'] -%}
        {{ return('numeric') }}
    {%- endif -%}
    {{ return('text') }}
{% endmacro %}
