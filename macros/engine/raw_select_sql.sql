{% macro raw_select_sql(spec, part, as_text) %}
{#-
    Select a part's rows in contract columns and order, with the columns of
    register_raw_tables beside them.
    Arguments:
        spec: the table's contract.
        part: one of find_raw_parts.
        as_text: every column as text, because parts of several kinds meet.
-#}
    {{ return(adapter.dispatch('raw_select_sql', 'insight_engine')(spec, part, as_text)) }}
{% endmacro %}

{% macro duckdb__raw_select_sql(spec, part, as_text) %}
    {%- set expressions = [] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- set found = part.columns[column] -%}
        {%- if found is none -%}
            {%- set expression = 'cast(null as varchar)' -%}
        {%- else -%}
            {%- set quoted = '"' ~ found.replace('"', '""') ~ '"' -%}
            {%- set data_type = part.types[found] -%}
            {%- set kind = storage_kind(column_spec['kind'], data_type) -%}
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
        {%- set source_file = text_literal(part.facts['name']) -%}
    {%- elif part.format == 'parquet' -%}
        {%- set source_file = 'parse_filename(_source_path)' -%}
    {%- else -%}
        {%- set source_file = text_literal(part.place) -%}
    {%- endif -%}
    {%- do expressions.append(source_file ~ ' as _source_file') -%}
    {%- do expressions.append('false as _is_decimal_comma') -%}
    {%- do expressions.append('cast(null as varchar) as _malformed_line') -%}
    {%- do expressions.append('cast(null as varchar) as _malformed_reason') -%}
    {{ return('select ' ~ (expressions | join(', ')) ~ ' from ' ~ part.relation) }}
{% endmacro %}

{% macro spark__raw_select_sql(spec, part, as_text) %}
    {%- set is_csv = part.format == 'csv' -%}
    {%- set expressions, decimal_comma, decimal_point = [], [], [] -%}
    {%- for column, column_spec in spec['columns'].items() -%}
        {%- set found = part.columns[column] -%}
        {%- if found is none -%}
            {%- set expression = 'cast(null as string)' -%}
        {%- else -%}
            {%- set quoted = '`' ~ found.replace('`', '``') ~ '`' -%}
            {%- set data_type = part.types[found] -%}
            {%- set kind = storage_kind(column_spec['kind'], data_type) -%}
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
