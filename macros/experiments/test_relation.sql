{% macro test_relation(test) %}
{#-
    The relation that the observations of a checked test come from: a model or seed of
    the project, or schema.table as it lies in the warehouse.

    Checks against it what can be checked only once it is built: that it is there,
    that the expressions use its columns, and that metric and trials are numbers.
-#}
    {%- set name = test['name'] -%}
    {%- set relation = named_relation(
        'hypothesis_tests', "the test '" ~ name ~ "' has ", test['relation']) -%}
    {%- if execute -%}
        {%- set found = load_relation(relation) -%}
        {%- if found is not none -%}
            {%- set columns = adapter.get_columns_in_relation(relation)
                | map(attribute='name') | map('lower') | list -%}
            {%- for key in ['metric', 'trials', 'groups', 'where'] if test[key] is not none -%}
                {%- do check_test_expression(name, key, test[key], columns) -%}
            {%- endfor -%}
            {%- for key in ['metric', 'trials'] if test[key] is not none -%}
                {%- set column = adapter.get_column_schema_from_query(
                    'select (' ~ test[key] ~ ') as ' ~ key ~ ' from ' ~ relation ~ ' limit 0')[0] -%}
                {%- set data_type = column.dtype | lower -%}
                {%- if not (column.is_number() or column.is_float() or column.is_integer()
                    or modules.re.match('bool|hugeint|u?(tiny|small|big)?int', data_type)) -%}
                    {{ raise_test_error(name, 'has a ' ~ key ~ ' of type ' ~ data_type
                        ~ ', but it must be a number or true and false') }}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
