{% macro insight_spark__in_contracted_integers(sql, columns) -%}
{#-
    `sql` with 32-bit integers as bigint where the contract says so; NULLs too.  Its
    columns are asked for as the check of the contract will ask.
-#}
    {%- set wide = [] -%}
    {%- for column in columns.values() if column.data_type == 'bigint' -%}
        {%- do wide.append(column.name | lower) -%}
    {%- endfor -%}
    {%- set expressions, narrow = [], [] -%}
    {%- for column in adapter.get_column_schema_from_query(get_empty_subquery_sql(sql)) -%}
        {%- if column.dtype in ['int', 'smallint', 'tinyint'] and column.name | lower in wide -%}
            {%- do narrow.append(column.name) -%}
            {%- do expressions.append('cast(' ~ column.quoted ~ ' as bigint) as ' ~ column.quoted) -%}
        {%- else -%}
            {%- do expressions.append(column.quoted) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if narrow -%}
    select {{ expressions | join(', ') }}
    from (
        {{ sql }}
    ) as contracted
    {%- else -%}
    {{ sql }}
    {%- endif -%}
{%- endmacro %}
