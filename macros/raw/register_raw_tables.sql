{% macro register_raw_tables() %}
{#-
    Make schema `raw` stand for the raw data contract: one relation a contract
    table, contract column names, text or native types.  Runs before every
    build, so sources are read where they lie and errors come before any model.

    Beside the contract columns every relation has
        _source_file       name of the file the row came from
        _is_decimal_comma  its amounts are written 1.234,56
        _malformed_line    text of a line that does not split into the columns
        _malformed_reason  why
    and raw.registered_columns says what was found where.
    Errors: a required table or column is missing, a file cannot be read, a
    file lost lines.
-#}
    {%- if execute -%}
        {%- do run_query('create schema if not exists raw') -%}
        {%- set stored = stored_raw_types() -%}
        {%- set registry_rows = [] -%}
        {%- for table_name, spec in raw_contract().items() -%}
            {%- set parts = find_raw_parts(table_name, spec) -%}
            {%- set all_text = parts | selectattr('format', 'equalto', 'csv') | list | length > 0
                or parts | length > 1 -%}
            {%- do load_raw_table(table_name, spec, parts, all_text, stored) -%}
            {%- for column, column_spec in spec['columns'].items() -%}
                {%- set found = [] -%}
                {%- for part in parts if part.columns[column] is not none -%}
                    {%- do found.append(part) -%}
                {%- endfor -%}
                {%- if not found -%}
                    {%- set kept_as = 'absent' -%}
                {%- elif all_text -%}
                    {%- set kept_as = 'text' -%}
                {%- else -%}
                    {%- set kept_as = storage_kind(
                        column_spec['kind'], parts[0].types[parts[0].columns[column]]) -%}
                {%- endif -%}
                {%- do registry_rows.append(
                    "('" ~ table_name ~ "', '" ~ column ~ "', "
                    ~ (text_literal(found[0].columns[column]) if found else 'cast(null as string)')
                    ~ ", '" ~ kept_as ~ "', "
                    ~ (text_literal(found[0].place) if found else 'cast(null as string)') ~ ')') -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do run_query(keep_rows('raw.registered_columns',
            'select * from (values ' ~ (registry_rows | join(', '))
            ~ ') as columns(table_name, column_name, found_name, storage_kind, place)')) -%}
    {%- endif -%}
{% endmacro %}
