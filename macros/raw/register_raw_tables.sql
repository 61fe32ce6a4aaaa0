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
        {{ adapter.dispatch('register_raw_tables', 'insight_engine')() }}
    {%- endif -%}
{% endmacro %}

{% macro default__register_raw_tables() %}
    {{ exceptions.raise_compiler_error(
        'Reading raw data is not implemented for ' ~ target.type ~ '.') }}
{% endmacro %}

{% macro duckdb__register_raw_tables() %}
    {%- do run_query('create schema if not exists raw') -%}
    {%- set registry_rows = [] -%}
    {%- for table_name, spec in raw_contract().items() -%}
        {%- set parts = duckdb__find_raw_parts(table_name, spec) -%}
        {%- set all_text = parts | selectattr('format', 'equalto', 'csv') | list | length > 0
            or parts | length > 1 -%}
        {%- do duckdb__drop_raw_relation(table_name) -%}
        {%- if not parts -%}
            {%- do run_query(duckdb__empty_raw_table_sql(table_name, spec)) -%}
        {%- elif all_text -%}
            {%- do run_query(duckdb__empty_raw_table_sql(table_name, spec)) -%}
            {%- for part in parts -%}
                {%- if part.format == 'csv' -%}
                    {%- do duckdb__load_csv(table_name, spec, part) -%}
                {%- else -%}
                    {%- do run_query('insert into raw.' ~ table_name ~ ' '
                        ~ duckdb__raw_select_sql(spec, part, as_text=true)) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- else -%}
            {%- do run_query('create view raw.' ~ table_name ~ ' as '
                ~ duckdb__raw_select_sql(spec, parts[0], as_text=false)) -%}
        {%- endif -%}
        {%- for column, column_spec in spec['columns'].items() -%}
            {%- set found = [] -%}
            {%- for part in parts -%}
                {%- if part.columns[column] is not none -%}
                    {%- do found.append(part) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if not found -%}
                {%- set storage_kind = 'absent' -%}
            {%- elif all_text -%}
                {%- set storage_kind = 'text' -%}
            {%- else -%}
                {%- set storage_kind = duckdb__storage_kind(
                    column_spec['kind'], parts[0].types[parts[0].columns[column]]) -%}
            {%- endif -%}
            {%- do registry_rows.append(
                "('" ~ table_name ~ "', '" ~ column ~ "', "
                ~ (duckdb__quote_text(found[0].columns[column]) if found else 'null')
                ~ ", '" ~ storage_kind ~ "', "
                ~ (duckdb__quote_text(found[0].place) if found else 'null') ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace table raw.registered_columns as'
        ~ ' select * from (values ' ~ (registry_rows | join(', '))
        ~ ') as columns(table_name, column_name, found_name, storage_kind, place)') -%}
{% endmacro %}

{% macro duckdb__find_raw_parts(table_name, spec) %}
{#-
    The parts of a raw table: all Parquet files together as one, each CSV file
    as one, or one warehouse table.  Returns a list of dicts {format, place,
    relation, columns (contract -> found), types (found -> type), facts}.
-#}
    {%- set wanted_file = (var('file_names') or {}).get(table_name) -%}
    {%- set stems = [wanted_file] if wanted_file else spec['files'] -%}
    {%- if var('raw_schema') -%}
        {%- set database = var('raw_database') or target.database -%}
        {%- for stem in stems -%}
            {#- Asked of the catalog: dbt's own look-up would end this transaction. -#}
            {%- set found = run_query(
                'select table_name from information_schema.tables where lower(table_catalog)'
                ~ ' = lower(' ~ duckdb__quote_text(database) ~ ') and lower(table_schema)'
                ~ ' = lower(' ~ duckdb__quote_text(var('raw_schema')) ~ ') and'
                ~ ' lower(table_name) = lower(' ~ duckdb__quote_text(stem) ~ ')') -%}
            {%- if found | length -%}
                {%- set relation = api.Relation.create(
                    database=database, schema=var('raw_schema'),
                    identifier=found.columns[0].values()[0]) | string -%}
                {{ return([duckdb__raw_part(table_name, 'table', relation, relation, none)]) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if spec['required'] or wanted_file -%}
            {{ raise_raw_error("schema '" ~ var('raw_schema') ~ "' has no table '"
                ~ stems[0] ~ "', which is required: load it, or name yours in"
                ~ " vars.yml under file_names: {" ~ table_name ~ ": <your table>}.") }}
        {%- endif -%}
        {{ return([]) }}
    {%- endif -%}

    {%- set folder = env_var('INSIGHT_DATA', 'demo/data') -%}
    {%- set answer = fromjson(run_query(
        'select inspect_raw_files(' ~ duckdb__quote_text(folder) ~ ', '
        ~ duckdb__quote_text(tojson(stems)) ~ ')').columns[0].values()[0]) -%}
    {%- set files = checked_raw_files(
        dict(spec, name=table_name), stems, wanted_file, folder, answer) -%}

    {%- set parts = [] -%}
    {%- set parquet = files | selectattr('format', 'equalto', 'parquet') | list -%}
    {%- if parquet -%}
        {%- set paths = [] -%}
        {%- for file in parquet -%}
            {%- do paths.append(duckdb__quote_text(file['path'])) -%}
        {%- endfor -%}
        {%- do parts.append(duckdb__raw_part(
            table_name, 'parquet',
            parquet[0]['path'] ~ (' and its sister files' if parquet | length > 1 else ''),
            'read_parquet([' ~ (paths | join(', ')) ~ '], union_by_name = true,'
            ~ " filename = '_source_path')",
            none)) -%}
    {%- endif -%}
    {%- for file in files | selectattr('format', 'equalto', 'csv') -%}
        {%- do parts.append(duckdb__raw_part(table_name, 'csv', file['path'], none, file)) -%}
    {%- endfor -%}
    {{ return(parts) }}
{% endmacro %}

{% macro duckdb__raw_part(table_name, format, place, relation, facts) %}
{#- One part of a raw table with its columns resolved against the contract. -#}
    {%- set types = {} -%}
    {%- set names = [] -%}
    {%- if facts is not none -%}
        {%- for name in facts['header'] -%}
            {%- do names.append(name or 'column_' ~ loop.index) -%}
            {%- do types.update({names[-1]: 'VARCHAR'}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for row in run_query('describe select * from ' ~ relation).rows -%}
            {%- if row[0] != '_source_path' -%}
                {%- do names.append(row[0]) -%}
                {%- do types.update({row[0]: row[1]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({
        'format': format,
        'place': place,
        'relation': relation,
        'columns': resolve_raw_columns(table_name, names, place),
        'names': names,
        'types': types,
        'facts': facts,
    }) }}
{% endmacro %}

{% macro duckdb__storage_kind(kind, data_type) %}
{#- How a column of `data_type` is kept for a contract column of `kind`. -#}
    {%- if kind in ['timestamp', 'date']
        and (data_type.startswith('TIMESTAMP') or data_type == 'DATE') -%}
        {{ return('timestamp') }}
    {%- elif kind in ['amount', 'count'] and data_type.split('(')[0] in [
        'DECIMAL', 'DOUBLE', 'FLOAT', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT',
        'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT'] -%}
        {{ return('numeric') }}
    {%- endif -%}
    {{ return('text') }}
{% endmacro %}

{% macro duckdb__raw_select_sql(spec, part, as_text) %}
{#- Select a part's rows in contract columns and order. -#}
    {%- set expressions = [] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- set found = part.columns[column] -%}
        {%- if found is none -%}
            {%- set expression = 'cast(null as varchar)' -%}
        {%- else -%}
            {%- set quoted = '"' ~ found.replace('"', '""') ~ '"' -%}
            {%- set data_type = part.types[found] -%}
            {%- set kind = duckdb__storage_kind(column_spec['kind'], data_type) -%}
            {%- if data_type == 'TIMESTAMP WITH TIME ZONE' -%}
                {%- set expression = "timezone('UTC', " ~ quoted ~ ')' -%}
            {%- elif kind == 'timestamp' -%}
                {%- set expression = 'cast(' ~ quoted ~ ' as timestamp)' -%}
            {%- elif kind == 'numeric' -%}
                {%- set expression = quoted -%}
            {%- elif data_type in ['DOUBLE', 'FLOAT'] -%}
                {#- Where a number is missing, some tools write "not a number"; compared
                    with anything else it slips through (column statistics). -#}
                {%- set expression = 'case when isfinite(' ~ quoted ~ ') then cast('
                    ~ quoted ~ ' as varchar) end' -%}
            {%- else -%}
                {%- set expression = 'cast(' ~ quoted ~ ' as varchar)' -%}
            {%- endif -%}
            {%- if as_text -%}
                {%- set expression = 'cast(' ~ expression ~ ' as varchar)' -%}
            {%- endif -%}
        {%- endif -%}
        {%- do expressions.append(expression ~ ' as ' ~ column) -%}
    {%- endfor -%}
    {%- if part.format == 'csv' -%}
        {%- set source_file = duckdb__quote_text(part.facts['name']) -%}
    {%- elif part.format == 'parquet' -%}
        {%- set source_file = 'parse_filename(_source_path)' -%}
    {%- else -%}
        {%- set source_file = duckdb__quote_text(part.place) -%}
    {%- endif -%}
    {%- do expressions.append(source_file ~ ' as _source_file') -%}
    {%- do expressions.append('false as _is_decimal_comma') -%}
    {%- do expressions.append('cast(null as varchar) as _malformed_line') -%}
    {%- do expressions.append('cast(null as varchar) as _malformed_reason') -%}
    {{ return('select ' ~ (expressions | join(', ')) ~ ' from ' ~ part.relation) }}
{% endmacro %}

{% macro duckdb__empty_raw_table_sql(table_name, spec) %}
{#- Create an empty raw table, all contract columns text. -#}
    {%- set columns = [] -%}
    {%- for column in spec['columns'] -%}
        {%- do columns.append(column ~ ' varchar') -%}
    {%- endfor -%}
    {{ return('create table raw.' ~ table_name ~ ' (' ~ (columns | join(', '))
        ~ ', _source_file varchar, _is_decimal_comma boolean'
        ~ ', _malformed_line varchar, _malformed_reason varchar)') }}
{% endmacro %}

{% macro duckdb__load_csv(table_name, spec, part) %}
{#-
    Load one CSV file into raw.<table_name>: its rows, and each line that does
    not split into the header's columns as a malformed row.  Then prove that no
    line went missing.
-#}
    {%- set facts = part.facts -%}
    {%- set struct = [] -%}
    {%- for name in part.names -%}
        {%- do struct.append(duckdb__quote_text(name) ~ ": 'VARCHAR'") -%}
    {%- endfor -%}
    {%- do part.update({'relation':
        'read_csv(' ~ duckdb__quote_text(facts['read_path'])
        ~ ', auto_detect = false, header = true, quote = \'"\', escape = \'"\''
        ~ ', delim = ' ~ duckdb__quote_text(facts['delimiter'])
        ~ ', columns = {' ~ (struct | join(', ')) ~ '}'
        ~ ", store_rejects = true, rejects_limit = 0"
        ~ ", rejects_table = 'csv_rejects', rejects_scan = 'csv_reject_scans')"}) -%}
    {%- do run_query('drop table if exists temp.csv_rejects') -%}
    {%- do run_query('drop table if exists temp.csv_reject_scans') -%}
    {%- do run_query('insert into raw.' ~ table_name ~ ' '
        ~ duckdb__raw_select_sql(spec, part, as_text=false)) -%}
    {%- set file_name = duckdb__quote_text(facts['name']) -%}
    {%- do run_query(
        'insert into raw.' ~ table_name ~ ' by name '
        ~ 'select ' ~ file_name ~ ' as _source_file, false as _is_decimal_comma,'
        ~ " coalesce(max(csv_line), '') as _malformed_line,"
        ~ " 'malformed line: ' || lower(min(error_type))"
        ~ ' as _malformed_reason from temp.csv_rejects group by line') -%}
    {%- do duckdb__mark_decimal_comma(table_name, spec, part) -%}

    {#- Fewer rows than lines: values with line breaks in them, or lines gone. -#}
    {%- set rows = run_query(
        'select count(*) from raw.' ~ table_name ~ ' where _source_file = '
        ~ file_name).columns[0].values()[0] | int -%}
    {%- set lines = (facts['lines'] | int) - 1 -%}
    {%- if rows < lines -%}
        {%- set line_breaks, swallowed = [], ['false'] -%}
        {%- for name in part.names -%}
            {%- set value = 'replace("' ~ name.replace('"', '""') ~ '", chr(13), \'\')' -%}
            {%- set delimiter = duckdb__quote_text(facts['delimiter']) -%}
            {%- set count_delimiters =
                'lambda line: length(line) - length(replace(line, ' ~ delimiter ~ ", ''))" -%}
            {%- do line_breaks.append(
                'coalesce(sum(length(' ~ value ~ ') - length(replace(' ~ value
                ~ ", chr(10), ''))), 0)") -%}
            {#- A whole line inside a value, or a last line as long as the row up to
                this column: the quotes around it belong to different values. -#}
            {%- set counts = 'list_transform(string_split(' ~ value ~ ', chr(10)), '
                ~ count_delimiters ~ ')' -%}
            {%- do swallowed.append(
                '(contains(' ~ value ~ ', chr(10)) and (list_contains(' ~ counts
                ~ '[2:], ' ~ (part.names | length - 1) ~ ')'
                ~ (' or ' ~ counts ~ '[-1] = ' ~ loop.index0 if loop.index0 >= 2 else '')
                ~ '))') -%}
        {%- endfor -%}
        {%- set found = run_query(
            'select ' ~ (line_breaks | join(' + ')) ~ ', coalesce(bool_or('
            ~ (swallowed | join(' or ')) ~ '), false) from ' ~ part.relation).rows[0] -%}
        {%- if rows + (found[0] | int) < lines or found[1] -%}
            {{ raise_raw_error(
                part.facts['path'] ~ ' has ' ~ lines ~ ' lines below its header but '
                ~ rows ~ ' rows, and '
                ~ ('a quoted value holds whole lines' if found[1]
                   else (lines - rows - (found[0] | int)) ~ ' of the lines are in no row')
                ~ ': a double quote is probably opened and not closed; write a quote'
                ~ ' inside a value twice ("") and export it again.') }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro duckdb__mark_decimal_comma(table_name, spec, part) %}
{#-
    Mark a file whose amounts are written with a decimal comma: some amount ends
    in a comma and one or two digits, and none in a point and one or two digits.
-#}
    {%- set comma = [] -%}
    {%- set point = [] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- if column_spec['kind'] == 'amount' and part.columns[column] is not none -%}
            {%- do comma.append(
                'bool_or(regexp_matches(trim(' ~ column ~ "), ',[0-9]{1,2}$'))") -%}
            {%- do point.append(
                'bool_or(regexp_matches(trim(' ~ column ~ "), '[.][0-9]{1,2}$'))") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if comma -%}
        {%- set where = ' where _source_file = ' ~ duckdb__quote_text(part.facts['name']) -%}
        {%- set rows = run_query(
            'select coalesce(' ~ (comma | join(' or ')) ~ ', false)'
            ~ ' and not coalesce(' ~ (point | join(' or ')) ~ ', false)'
            ~ ' from raw.' ~ table_name ~ where) -%}
        {%- if rows.columns[0].values()[0] -%}
            {%- do run_query('update raw.' ~ table_name
                ~ ' set _is_decimal_comma = true' ~ where) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro duckdb__drop_raw_relation(table_name) %}
{#- Drop raw.<table_name>, table or view. -#}
    {%- set rows = run_query(
        "select table_type from information_schema.tables where table_schema = 'raw'"
        ~ " and table_catalog = current_database() and table_name = '"
        ~ table_name ~ "'") -%}
    {%- if rows | length -%}
        {%- do run_query('drop '
            ~ ('view' if rows.columns[0].values()[0] == 'VIEW' else 'table')
            ~ ' raw.' ~ table_name) -%}
    {%- endif -%}
{% endmacro %}

{% macro duckdb__quote_text(text) %}
{#- A text as an SQL literal. -#}
    {{ return("'" ~ (text | string).replace("'", "''") ~ "'") }}
{% endmacro %}

{% macro spark__register_raw_tables() %}
    {%- do run_query('create schema if not exists raw') -%}
    {%- set registry_rows = [] -%}
    {%- for table_name, spec in raw_contract().items() -%}
        {%- set parts = spark__find_raw_parts(table_name, spec) -%}
        {%- set csv = parts | selectattr('format', 'equalto', 'csv') | list -%}
        {%- set all_text = csv | length > 0 or parts | length > 1 -%}
        {%- set selects = [] -%}
        {%- for part in parts -%}
            {%- do selects.append(spark__raw_select_sql(spec, part, as_text=all_text)) -%}
        {%- endfor -%}
        {%- if csv -%}
            {#- Read once; a view on CSV would read it for every model. -#}
            {%- do run_query('drop table if exists raw.' ~ table_name ~ '_loaded') -%}
            {%- do run_query('create table raw.' ~ table_name ~ '_loaded using parquet as '
                ~ (selects | join(' union all '))) -%}
            {%- do spark__check_csv_lines(table_name, csv) -%}
            {%- set rows = 'select * from raw.' ~ table_name ~ '_loaded' -%}
        {%- elif parts -%}
            {%- set rows = selects | join(' union all ') -%}
        {%- else -%}
            {%- set rows = spark__no_raw_rows_sql(spec) -%}
        {%- endif -%}
        {%- do run_query('create or replace view raw.' ~ table_name ~ ' as ' ~ rows) -%}
        {%- for column, column_spec in spec['columns'].items() -%}
            {%- set found = [] -%}
            {%- for part in parts if part.columns[column] is not none -%}
                {%- do found.append(part) -%}
            {%- endfor -%}
            {%- if not found -%}
                {%- set storage_kind = 'absent' -%}
            {%- elif all_text -%}
                {%- set storage_kind = 'text' -%}
            {%- else -%}
                {%- set storage_kind = spark__storage_kind(
                    column_spec['kind'], parts[0].types[parts[0].columns[column]]) -%}
            {%- endif -%}
            {%- do registry_rows.append(
                "('" ~ table_name ~ "', '" ~ column ~ "', "
                ~ (text_literal(found[0].columns[column]) if found else 'cast(null as string)')
                ~ ", '" ~ storage_kind ~ "', "
                ~ (text_literal(found[0].place) if found else 'cast(null as string)') ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace view raw.registered_columns as'
        ~ ' select * from values ' ~ (registry_rows | join(', '))
        ~ ' as columns(table_name, column_name, found_name, storage_kind, place)') -%}
{% endmacro %}

{% macro spark__find_raw_parts(table_name, spec) %}
{#-
    The parts of a raw table: all Parquet files together as one, each CSV file as one,
    or one existing table.  Returns a list of dicts {format, place, relation, columns
    (contract -> found), names, types (found -> type), facts}.
-#}
    {%- set wanted_file = (var('file_names') or {}).get(table_name) -%}
    {%- set stems = [wanted_file] if wanted_file else spec['files'] -%}
    {%- if var('raw_schema') -%}
        {%- for stem in stems -%}
            {%- set relation = adapter.get_relation(
                database=none, schema=var('raw_schema'), identifier=stem | lower) -%}
            {%- if relation is not none -%}
                {{ return([spark__raw_part(
                    table_name, 'table', relation | string, relation | string, none)]) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if spec['required'] or wanted_file -%}
            {{ raise_raw_error("schema '" ~ var('raw_schema') ~ "' has no table '"
                ~ stems[0] ~ "', which is required: load it, or name yours in"
                ~ " vars.yml under file_names: {" ~ table_name ~ ": <your table>}.") }}
        {%- endif -%}
        {{ return([]) }}
    {%- endif -%}

    {%- set folder = env_var('INSIGHT_DATA', 'demo/data') -%}
    {%- set answer = fromjson(adapter.call_python(
        'raw_files', 'inspect_raw_files', folder, tojson(stems))) -%}
    {%- set files = checked_raw_files(
        dict(spec, name=table_name), stems, wanted_file, folder, answer) -%}
    {%- set parts = [] -%}
    {%- set parquet = files | selectattr('format', 'equalto', 'parquet') | list -%}
    {%- if parquet -%}
        {#- One table on all of them: each may hold other columns. -#}
        {%- set relation = 'raw.' ~ table_name ~ '_files' -%}
        {%- set path = parquet[0]['path'] if files | length == 1
            else folder ~ '/' ~ answer['places'][0] -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- do run_query('create table ' ~ relation ~ ' using parquet options (path '
            ~ text_literal(spark__absolute_path(path))
            ~ ", mergeSchema 'true', recursiveFileLookup 'true', pathGlobFilter"
            ~ " '*.[pP][aA][rR][qQ][uU][eE][tT]')") -%}
        {%- do parts.append(spark__raw_part(
            table_name, 'parquet',
            parquet[0]['path'] ~ (' and its sister files' if parquet | length > 1 else ''),
            relation, none)) -%}
    {%- endif -%}
    {%- for file in files | selectattr('format', 'equalto', 'csv') -%}
        {%- do parts.append(spark__raw_part(
            table_name, 'csv', file['path'], table_name ~ '_csv_' ~ loop.index, file)) -%}
    {%- endfor -%}
    {{ return(parts) }}
{% endmacro %}

{% macro spark__absolute_path(path) %}
{#- A path that means the same to the cluster, which does not stand in our folder. -#}
    {{ return(adapter.call_python('os.path', 'abspath', path) if '://' not in path else path) }}
{% endmacro %}

{% macro spark__raw_part(table_name, format, place, relation, facts) %}
{#- One part of a raw table with its columns resolved against the contract. -#}
    {%- set types = {} -%}
    {%- set names = [] -%}
    {%- if facts is not none -%}
        {%- for name in facts['header'] -%}
            {%- do names.append(name or 'column_' ~ loop.index) -%}
            {%- do types.update({names[-1]: 'string'}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for row in run_query('describe query select * from ' ~ relation).rows -%}
            {%- do names.append(row[0]) -%}
            {%- do types.update({row[0]: row[1] | lower}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set columns = resolve_raw_columns(table_name, names, place) -%}
    {%- if facts is not none -%}
        {%- do spark__create_csv_view(relation, names, facts) -%}
    {%- endif -%}
    {{ return({
        'format': format,
        'place': place,
        'relation': relation,
        'columns': columns,
        'names': names,
        'types': types,
        'facts': facts,
    }) }}
{% endmacro %}

{% macro spark__create_csv_view(relation, names, facts) %}
{#-
    Temporary view on one CSV file, all columns text; a line that does not split into
    the header's columns is in _corrupt_line.  A file without a double quote has no line
    break in a value, and can be read in pieces.
-#}
    {%- set columns = [] -%}
    {%- for name in names -%}
        {%- do columns.append('`' ~ name.replace('`', '``') ~ '` string') -%}
    {%- endfor -%}
    {%- do run_query('create or replace temporary view ' ~ relation ~ ' ('
        ~ (columns | join(', ')) ~ ', _corrupt_line string) using csv options (path '
        ~ text_literal(spark__absolute_path(facts['read_path']))
        ~ ", header 'true', encoding 'UTF-8', mode 'PERMISSIVE', maxCharsPerColumn '-1'"
        ~ ", columnNameOfCorruptRecord '_corrupt_line', quote '\"', escape '\"', sep "
        ~ text_literal(facts['delimiter'])
        ~ ", multiLine '" ~ ('true' if facts['quotes'] else 'false') ~ "')") -%}
{% endmacro %}

{% macro spark__storage_kind(kind, data_type) %}
{#- How a column of `data_type` is kept for a contract column of `kind`. -#}
    {%- if kind in ['timestamp', 'date']
        and (data_type.startswith('timestamp') or data_type == 'date') -%}
        {{ return('timestamp') }}
    {%- elif kind in ['amount', 'count'] and data_type.split('(')[0] in [
        'decimal', 'double', 'float', 'tinyint', 'smallint', 'int', 'bigint'] -%}
        {{ return('numeric') }}
    {%- endif -%}
    {{ return('text') }}
{% endmacro %}

{% macro spark__raw_select_sql(spec, part, as_text) %}
{#- Select a part's rows in contract columns and order. -#}
    {%- set is_csv = part.format == 'csv' -%}
    {%- set expressions, decimal_comma, decimal_point = [], [], [] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- set found = part.columns[column] -%}
        {%- if found is none -%}
            {%- set expression = 'cast(null as string)' -%}
        {%- else -%}
            {%- set quoted = '`' ~ found.replace('`', '``') ~ '`' -%}
            {%- set data_type = part.types[found] -%}
            {%- set kind = spark__storage_kind(column_spec['kind'], data_type) -%}
            {%- if kind == 'timestamp' -%}
                {%- set expression = 'cast(' ~ quoted ~ ' as timestamp)' -%}
            {%- elif kind == 'numeric' -%}
                {%- set expression = quoted -%}
            {%- elif data_type in ['double', 'float'] -%}
                {#- Where a number is missing, some tools write "not a number". -#}
                {%- set expression = 'case when abs(' ~ quoted
                    ~ ") < cast('Infinity' as double) then cast(" ~ quoted ~ ' as string) end' -%}
            {%- elif is_csv -%}
                {%- set expression = 'case when _corrupt_line is null then ' ~ quoted ~ ' end' -%}
            {%- else -%}
                {%- set expression = 'cast(' ~ quoted ~ ' as string)' -%}
            {%- endif -%}
            {%- if as_text and not is_csv -%}
                {%- set expression = 'cast(' ~ expression ~ ' as string)' -%}
            {%- endif -%}
            {%- if is_csv and column_spec['kind'] == 'amount' -%}
                {%- do decimal_comma.append('trim(' ~ quoted ~ ") rlike ',[0-9]{1,2}$'") -%}
                {%- do decimal_point.append('trim(' ~ quoted ~ ") rlike '[.][0-9]{1,2}$'") -%}
            {%- endif -%}
        {%- endif -%}
        {%- do expressions.append(expression ~ ' as ' ~ column) -%}
    {%- endfor -%}
    {%- if is_csv -%}
        {%- set source_file = text_literal(part.facts['name']) -%}
    {%- elif part.format == 'parquet' -%}
        {%- set source_file = '_metadata.file_name' -%}
    {%- else -%}
        {%- set source_file = text_literal(part.place) -%}
    {%- endif -%}
    {%- do expressions.append(source_file ~ ' as _source_file') -%}
    {%- if decimal_comma -%}
        {#- Some amount ends in a comma and one or two digits, none in a point. -#}
        {%- do expressions.append('(select coalesce(bool_or('
            ~ (decimal_comma | join(') or bool_or(')) ~ '), false) and not coalesce(bool_or('
            ~ (decimal_point | join(') or bool_or(')) ~ '), false) from ' ~ part.relation
            ~ ' where _corrupt_line is null) as _is_decimal_comma') -%}
    {%- else -%}
        {%- do expressions.append('false as _is_decimal_comma') -%}
    {%- endif -%}
    {%- if is_csv -%}
        {#- Delimiters outside of quotes tell what is wrong with the line. -#}
        {%- set cells = "length(regexp_replace(_corrupt_line, '\"[^\"]*\"', ''))"
            ~ " - length(replace(regexp_replace(_corrupt_line, '\"[^\"]*\"', ''), "
            ~ text_literal(part.facts['delimiter']) ~ ", '')) + 1" -%}
        {%- do expressions.append('_corrupt_line as _malformed_line') -%}
        {%- do expressions.append('case when _corrupt_line is null then null when ' ~ cells
            ~ ' > ' ~ (part.names | length) ~ " then 'malformed line: too many columns' when "
            ~ cells ~ ' < ' ~ (part.names | length) ~ " then 'malformed line: missing columns'"
            ~ " else 'malformed line: unquoted value' end as _malformed_reason") -%}
    {%- else -%}
        {%- do expressions.append('cast(null as string) as _malformed_line') -%}
        {%- do expressions.append('cast(null as string) as _malformed_reason') -%}
    {%- endif -%}
    {{ return('select ' ~ (expressions | join(', ')) ~ ' from ' ~ part.relation) }}
{% endmacro %}

{% macro spark__no_raw_rows_sql(spec) %}
{#- Select of no row, all contract columns text. -#}
    {%- set columns = [] -%}
    {%- for column in spec['columns'] -%}
        {%- do columns.append('cast(null as string) as ' ~ column) -%}
    {%- endfor -%}
    {{ return('select ' ~ (columns | join(', '))
        ~ ', cast(null as string) as _source_file, false as _is_decimal_comma'
        ~ ', cast(null as string) as _malformed_line'
        ~ ', cast(null as string) as _malformed_reason where 1 = 0') }}
{% endmacro %}

{% macro spark__check_csv_lines(table_name, parts) %}
{#-
    Every line of the CSV files must be in a row: fewer rows than lines mean values with
    line breaks in them, or lines gone.
-#}
    {%- set counts = {} -%}
    {%- for row in run_query('select _source_file, count(*) from raw.' ~ table_name
        ~ '_loaded group by _source_file').rows -%}
        {%- do counts.update({row[0]: row[1] | int}) -%}
    {%- endfor -%}
    {%- for part in parts -%}
        {%- set rows = counts.get(part.facts['name'], 0) -%}
        {%- set lines = (part.facts['lines'] | int) - 1 -%}
        {%- if rows < lines -%}
            {%- set line_breaks, swallowed = [], ['false'] -%}
            {%- for name in part.names -%}
                {%- set value = 'replace(`' ~ name.replace('`', '``') ~ '`, chr(13), \'\')' -%}
                {%- do line_breaks.append('coalesce(sum(length(' ~ value ~ ') - length(replace('
                    ~ value ~ ", chr(10), ''))), 0)") -%}
                {#- A whole line inside a value, or a last line as long as the row up to this
                    column: the quotes around it belong to different values. -#}
                {%- set delimiters = 'transform(split(' ~ value ~ ", '\\n'), line ->"
                    ~ ' length(line) - length(replace(line, '
                    ~ text_literal(part.facts['delimiter']) ~ ", '')))" -%}
                {%- do swallowed.append('(contains(' ~ value ~ ', chr(10)) and (array_contains('
                    ~ 'slice(' ~ delimiters ~ ', 2, size(' ~ delimiters ~ ')), '
                    ~ (part.names | length - 1) ~ ')'
                    ~ (' or element_at(' ~ delimiters ~ ', -1) = ' ~ loop.index0
                       if loop.index0 >= 2 else '') ~ '))') -%}
            {%- endfor -%}
            {%- set found = run_query('select ' ~ (line_breaks | join(' + '))
                ~ ', coalesce(bool_or(' ~ (swallowed | join(' or ')) ~ '), false) from '
                ~ part.relation).rows[0] -%}
            {%- if rows + (found[0] | int) < lines or found[1] -%}
                {{ raise_raw_error(
                    part.facts['path'] ~ ' has ' ~ lines ~ ' lines below its header but '
                    ~ rows ~ ' rows, and '
                    ~ ('a quoted value holds whole lines' if found[1]
                       else (lines - rows - (found[0] | int)) ~ ' of the lines are in no row')
                    ~ ': a double quote is probably opened and not closed; write a quote'
                    ~ ' inside a value twice ("") and export it again.') }}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
