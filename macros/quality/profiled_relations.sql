{% macro profiled_relations() %}
{#-
    The setting profiled_relations: further tables to profile, as a list of texts.
    Errors: anything that is not the name of a model or seed, or schema.table.
-#}
    {%- set names = var('profiled_relations') -%}
    {%- set names = [] if names is none else ([names] if names is string else names) -%}
    {%- if names is mapping or names is not iterable -%}
        {{ raise_setting_error('profiled_relations', 'must be a list like [main.my_table]') }}
    {%- endif -%}
    {%- for name in names -%}
        {%- if name is not string
            or not modules.re.match('^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*){0,2}$', name) -%}
            {{ raise_setting_error('profiled_relations', 'must be a list like [main.my_table]') }}
        {%- elif names | select('equalto', name) | list | length > 1 or name in staged_tables() -%}
            {{ raise_setting_error('profiled_relations', "names '" ~ name ~ "' twice, or a"
                ~ ' staged table, which is profiled anyway') }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names | list) }}
{% endmacro %}
