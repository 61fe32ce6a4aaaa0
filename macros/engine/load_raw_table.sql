{% macro load_raw_table(table_name, spec, parts, all_text, stored) %}
{#-
    Make raw.<table_name> stand for its parts, and prove that no line of a CSV file is
    lost.
    Arguments:
        spec: the table's contract.
        parts: as of find_raw_parts.
        all_text: all columns are text, because a part is CSV or there are several.
        stored: as of stored_raw_types.
-#}
    {{ return(adapter.dispatch('load_raw_table', 'insight_engine')(
        table_name, spec, parts, all_text, stored)) }}
{% endmacro %}

{#- Statements that need no answer go together: each query costs dbt some milliseconds,
    and nothing else runs meanwhile. -#}
{% macro duckdb__load_raw_table(table_name, spec, parts, all_text, stored) %}
    {%- set statements = [] -%}
    {%- if table_name in stored -%}
        {%- do statements.append('drop ' ~ stored[table_name] ~ ' raw.' ~ table_name) -%}
    {%- endif -%}
    {%- if parts and not all_text -%}
        {%- do statements.append('create view raw.' ~ table_name ~ ' as '
            ~ raw_select_sql(spec, parts[0], as_text=false)) -%}
    {%- else -%}
        {%- do statements.append(duckdb__empty_raw_table_sql(table_name, spec)) -%}
        {%- for part in parts if part.format != 'csv' -%}
            {%- do statements.append('insert into raw.' ~ table_name ~ ' '
                ~ raw_select_sql(spec, part, as_text=true)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do run_query(statements | join(';\n')) -%}
    {%- for part in parts if part.format == 'csv' -%}
        {%- do duckdb__load_csv(table_name, spec, part) -%}
    {%- endfor -%}
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
        {%- do struct.append(text_literal(name) ~ ": 'VARCHAR'") -%}
    {%- endfor -%}
    {%- do part.update({'relation':
        'read_csv(' ~ text_literal(facts['read_path'])
        ~ ', auto_detect = false, header = true, quote = \'"\', escape = \'"\''
        ~ ', delim = ' ~ text_literal(facts['delimiter'])
        ~ ', columns = {' ~ (struct | join(', ')) ~ '}'
        ~ ", store_rejects = true, rejects_limit = 0"
        ~ ", rejects_table = 'csv_rejects', rejects_scan = 'csv_reject_scans')"}) -%}
    {%- set file_name = text_literal(facts['name']) -%}
    {%- set of_file = ' where _source_file = ' ~ file_name -%}
    {%- set found = run_query([
        'drop table if exists temp.csv_rejects',
        'drop table if exists temp.csv_reject_scans',
        'insert into raw.' ~ table_name ~ ' ' ~ raw_select_sql(spec, part, as_text=false),
        'insert into raw.' ~ table_name ~ ' by name '
        ~ 'select ' ~ file_name ~ ' as _source_file, false as _is_decimal_comma,'
        ~ " coalesce(max(csv_line), '') as _malformed_line,"
        ~ " 'malformed line: ' || lower(min(error_type))"
        ~ ' as _malformed_reason from temp.csv_rejects group by line',
        'select count(*), ' ~ duckdb__writes_decimal_comma(spec, part)
        ~ ' from raw.' ~ table_name ~ of_file,
    ] | join(';\n')).rows[0] -%}
    {%- if found[1] -%}
        {%- do run_query('update raw.' ~ table_name
            ~ ' set _is_decimal_comma = true' ~ of_file) -%}
    {%- endif -%}

    {#- Fewer rows than lines: values with line breaks in them, or lines gone. -#}
    {%- set rows = found[0] | int -%}
    {%- set lines = (facts['lines'] | int) - 1 -%}
    {%- if rows < lines -%}
        {%- set line_breaks, swallowed = [], ['false'] -%}
        {%- for name in part.names -%}
            {%- set value = 'replace("' ~ name.replace('"', '""') ~ '", chr(13), \'\')' -%}
            {%- set delimiter = text_literal(facts['delimiter']) -%}
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
        {%- do check_lost_lines(part, lines, rows, found[0] | int, found[1]) -%}
    {%- endif -%}
{% endmacro %}

{% macro duckdb__writes_decimal_comma(spec, part) %}
{#-
    Aggregate: are a file's amounts written with a decimal comma? Some amount ends in a
    comma and one or two digits, and none in a point and one or two digits.
-#}
    {%- set comma, point = ['false'], ['false'] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- if column_spec['kind'] == 'amount' and part.columns[column] is not none -%}
            {%- do comma.append(
                'bool_or(regexp_matches(trim(' ~ column ~ "), ',[0-9]{1,2}$'))") -%}
            {%- do point.append(
                'bool_or(regexp_matches(trim(' ~ column ~ "), '[.][0-9]{1,2}$'))") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('coalesce(' ~ (comma | join(' or ')) ~ ', false)'
        ~ ' and not coalesce(' ~ (point | join(' or ')) ~ ', false)') }}
{% endmacro %}

{% macro spark__load_raw_table(table_name, spec, parts, all_text, stored) %}
    {%- set csv = parts | selectattr('format', 'equalto', 'csv') | list -%}
    {%- set selects = [] -%}
    {%- for part in parts -%}
        {%- do selects.append(raw_select_sql(spec, part, as_text=all_text)) -%}
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
            {%- do check_lost_lines(part, lines, rows, found[0] | int, found[1]) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
