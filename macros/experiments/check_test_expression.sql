{% macro check_test_expression(name, key, expression, columns=none) %}
{#-
    Check one SQL expression of a statistical test: its `metric`, `trials`, `groups`
    or `where`.

    `columns`: those of the relation that it is computed from, where they are known.
    Errors: no text, more than one expression, brackets or quotes left open, a query,
    an aggregate (a row is an observation), a word that is no column.
-#}
    {%- if expression is not string or expression | trim == '' -%}
        {{ raise_test_error(name, 'must have a text with an SQL expression as ' ~ key) }}
    {%- endif -%}
    {%- set tokens = modules.re.findall(
        "'(?:[^']|'')*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9A-Za-z_.]*|--|/[*]|[^ \t\r\n]",
        expression) -%}
    {%- set keywords = ['and', 'or', 'not', 'in', 'is', 'null', 'like', 'ilike', 'between', 'case',
        'when', 'then', 'else', 'end', 'as', 'true', 'false', 'distinct', 'from', 'date', 'timestamp',
        'interval', 'double', 'integer', 'int', 'bigint', 'varchar', 'string', 'boolean', 'decimal',
        'numeric', 'float', 'day', 'days', 'month', 'months', 'year', 'years', 'week', 'weeks', 'hour',
        'hours', 'minute', 'minutes', 'quarter', 'dow', 'escape', 'over', 'partition', 'by', 'order',
        'asc', 'desc', 'nulls', 'first', 'last'] -%}
    {%- set aggregates = ['sum', 'avg', 'count', 'min', 'max', 'median', 'stddev', 'stddev_samp',
        'var_samp', 'variance'] -%}
    {%- set open = [] -%}
    {%- for token in tokens -%}
        {%- set word = token | lower -%}
        {%- set is_call = not loop.last and tokens[loop.index] == '(' -%}
        {%- if token == '(' -%}
            {%- do open.append(token) -%}
        {%- elif token == ')' -%}
            {%- if not open -%}
                {{ raise_test_error(name, 'has a bracket in its ' ~ key ~ ' that is never opened') }}
            {%- endif -%}
            {%- do open.pop() -%}
        {%- elif token in [';', '--', '/*', "'", '"'] -%}
            {{ raise_test_error(name, 'has ' ~ token ~ ' in its ' ~ key
                ~ ', which must be one SQL expression') }}
        {%- elif word in ['select', 'with', 'union'] -%}
            {{ raise_test_error(name, 'has a query in its ' ~ key
                ~ ', which must be an expression over the columns of its relation') }}
        {%- elif is_call and word in aggregates and ' over ' not in expression | lower -%}
            {{ raise_test_error(name, "has the aggregate '" ~ token ~ "' in its " ~ key
                ~ ', but a row of its relation is one observation') }}
        {%- elif columns and modules.re.match('[A-Za-z_"]', token) and not is_call
            and word not in keywords and word.strip('"') not in columns -%}
            {{ raise_test_error(name, "uses the column '" ~ token.strip('"') ~ "' in its " ~ key
                ~ ', which its relation does not have; its columns are: '
                ~ (columns | join(', '))) }}
        {%- endif -%}
    {%- endfor -%}
    {%- if open -%}
        {{ raise_test_error(name, 'has a bracket in its ' ~ key ~ ' that is never closed') }}
    {%- endif -%}
{% endmacro %}
