{% macro test_relation(test) %}
{#-
    The relation that the observations of a checked test come from: a model or seed of
    the project, or schema.table as it lies in the warehouse.

    Checks against it what can be checked only once it is built: that it is there,
    that the expressions use its columns, and that metric and trials are numbers.
-#}
    {%- set name = test['name'] -%}
    {%- if '.' not in test['relation'] -%}
        {%- if execute and graph.get('nodes') -%}
            {%- set known = [] -%}
            {%- for node in graph['nodes'].values()
                if node.name == test['relation'] and node.resource_type in ['model', 'seed', 'snapshot'] -%}
                {%- do known.append(node.name) -%}
            {%- endfor -%}
            {%- if not known -%}
                {{ raise_test_error(name, "has the relation '" ~ test['relation']
                    ~ "', but the project has no such model or seed; a table of the warehouse is"
                    ~ ' written schema.table') }}
            {%- endif -%}
        {%- endif -%}
        {%- set relation = ref(test['relation']) -%}
    {%- else -%}
        {%- set parts = test['relation'].split('.') -%}
        {%- set relation = api.Relation.create(
            database=parts[-3] if parts | length == 3 else target.database,
            schema=parts[-2], identifier=parts[-1]) -%}
    {%- endif -%}
    {%- if execute -%}
        {%- set found = load_relation(relation) -%}
        {%- if found is none and '.' in test['relation'] -%}
            {{ raise_test_error(name, "has the relation '" ~ test['relation']
                ~ "', but the warehouse has no such table") }}
        {%- elif found is not none -%}
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
