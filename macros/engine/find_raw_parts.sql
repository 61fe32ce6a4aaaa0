{% macro find_raw_parts(table_name, spec) %}
{#-
    The parts of a raw table: all Parquet files together as one, each CSV file as one,
    or one table that exists. Returns a list of dicts
        format    csv, parquet or table
        place     where it lies, for messages
        relation  what its rows are selected from
        columns   contract name -> found name, none where absent
        names     found names, in order
        types     found name -> data type
        facts     what was seen in a CSV file, else none
-#}
    {{ return(adapter.dispatch('find_raw_parts', 'insight_engine')(table_name, spec)) }}
{% endmacro %}

{% macro default__find_raw_parts(table_name, spec) %}
    {{ exceptions.raise_compiler_error(
        'Reading raw data is not implemented for ' ~ target.type ~ '.') }}
{% endmacro %}

{% macro duckdb__find_raw_parts(table_name, spec) %}
    {%- set wanted_file = (var('file_names') or {}).get(table_name) -%}
    {%- set stems = [wanted_file] if wanted_file else spec['files'] -%}
    {%- if var('raw_schema') -%}
        {%- set database = var('raw_database') or target.database -%}
        {%- for stem in stems -%}
            {#- Asked of the catalog: dbt's own look-up would end this transaction. -#}
            {%- set found = run_query(
                'select table_name from information_schema.tables where lower(table_catalog)'
                ~ ' = lower(' ~ text_literal(database) ~ ') and lower(table_schema)'
                ~ ' = lower(' ~ text_literal(var('raw_schema')) ~ ') and'
                ~ ' lower(table_name) = lower(' ~ text_literal(stem) ~ ')') -%}
            {%- if found | length -%}
                {%- set relation = api.Relation.create(
                    database=database, schema=var('raw_schema'),
                    identifier=found.columns[0].values()[0]) | string -%}
                {{ return([duckdb__raw_part(table_name, 'table', relation, relation, none)]) }}
            {%- endif -%}
        {%- endfor -%}
        {%- do check_raw_table_missed(table_name, spec, stems, wanted_file) -%}
        {{ return([]) }}
    {%- endif -%}

    {%- set folder = env_var('INSIGHT_DATA', 'demo/data') -%}
    {%- set answer = fromjson(run_query(
        'select inspect_raw_files(' ~ text_literal(folder) ~ ', '
        ~ text_literal(tojson(stems)) ~ ')').columns[0].values()[0]) -%}
    {%- set files = checked_raw_files(
        dict(spec, name=table_name), stems, wanted_file, folder, answer) -%}

    {%- set parts = [] -%}
    {%- set parquet = files | selectattr('format', 'equalto', 'parquet') | list -%}
    {%- if parquet -%}
        {%- set paths = [] -%}
        {%- for file in parquet -%}
            {%- do paths.append(text_literal(file['path'])) -%}
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
    {%- set names = [] if facts is none else csv_column_names(facts) -%}
    {%- for name in names -%}
        {%- do types.update({name: 'VARCHAR'}) -%}
    {%- endfor -%}
    {%- if facts is none -%}
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

{% macro spark__find_raw_parts(table_name, spec) %}
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
        {%- do check_raw_table_missed(table_name, spec, stems, wanted_file) -%}
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

{% macro spark__raw_part(table_name, format, place, relation, facts) %}
{#- One part of a raw table with its columns resolved against the contract. -#}
    {%- set types = {} -%}
    {%- set names = [] if facts is none else csv_column_names(facts) -%}
    {%- for name in names -%}
        {%- do types.update({name: 'string'}) -%}
    {%- endfor -%}
    {%- if facts is none -%}
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

{% macro spark__absolute_path(path) %}
{#- A path that means the same to the cluster, which does not stand in our folder. -#}
    {{ return(adapter.call_python('os.path', 'abspath', path) if '://' not in path else path) }}
{% endmacro %}
