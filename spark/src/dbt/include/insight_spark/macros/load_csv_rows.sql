{% macro insight_spark__load_csv_rows(model, agate_table) %}
{#-
    Insert a seed's rows as literals: texts quoted, empty cells NULL, each in the
    column's type.
-#}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(2000) -%}
        {%- set rows = [] -%}
        {%- for row in chunk -%}
            {%- set cells = [] -%}
            {%- for cell in row -%}
                {%- do cells.append('null' if cell is none else "'"
                    ~ (cell | string).replace('\\', '\\\\').replace("'", "\\'") ~ "'") -%}
            {%- endfor -%}
            {%- do rows.append('(' ~ (cells | join(', ')) ~ ')') -%}
        {%- endfor -%}
        {%- set columns = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
            {#- Whole numbers may be written 1.0. -#}
            {%- do columns.append('cast('
                ~ ('cast(col' ~ loop.index ~ ' as decimal(38, 15))' if type == 'bigint'
                   else 'col' ~ loop.index) ~ ' as ' ~ type ~ ')') -%}
        {%- endfor -%}
        {%- set sql = 'insert into ' ~ this.render() ~ ' select ' ~ (columns | join(', '))
            ~ ' from values ' ~ (rows | join(', ')) -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
        {%- do statements.append(sql) -%}
    {%- endfor -%}
    {{ return(statements[0] if statements else '') }}
{% endmacro %}
