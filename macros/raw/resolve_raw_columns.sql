{% macro resolve_raw_columns(table_name, found_columns, place) %}
{#-
    Decide which found column holds each contract column of `table_name`.

    Arguments:
        table_name: a table of raw_contract().
        found_columns: list of column names as they stand in the file or table.
        place: what to call the file or table in an error message.
    Returns a dict: contract column -> found column, or none where an optional
    column is absent.  Names are compared without regard to case; blanks and
    hyphens count as underscores.
    Errors: a column named in the var `column_names` that is not there, a
    required column that is not there, a column that appears twice.
-#}
    {%- set contract = raw_contract()[table_name]['columns'] -%}
    {%- set mapping = (var('column_names') or {}).get(table_name, {}) -%}
    {%- set by_name = {} -%}
    {%- for found in found_columns -%}
        {%- set name = canonical_column_name(found) -%}
        {%- if name in by_name -%}
            {{ raise_raw_error(place ~ " has two columns named '" ~ found
                ~ "': remove or rename one of them.") }}
        {%- endif -%}
        {%- do by_name.update({name: found}) -%}
    {%- endfor -%}
    {%- set resolved = {} -%}
    {%- for column, spec in contract.items() -%}
        {%- set wanted = mapping.get(column) -%}
        {%- if wanted is not none -%}
            {%- set candidates = [wanted] -%}
        {%- else -%}
            {%- set candidates = [column] + spec['aliases'] -%}
        {%- endif -%}
        {%- set hits = [] -%}
        {%- for candidate in candidates -%}
            {%- set name = canonical_column_name(candidate) -%}
            {%- if name in by_name -%}
                {%- do hits.append(by_name[name]) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if hits -%}
            {%- do resolved.update({column: hits[0]}) -%}
        {%- elif spec.get('setting') -%}
            {{ raise_raw_error(
                place ~ " has no column '" ~ (wanted or spec['setting']['wanted'])
                ~ "', which vars.yml names under " ~ spec['setting']['name']
                ~ "; its columns are: " ~ (found_columns | join(', '))
                ~ ". Name one of them, or take it out of the list.") }}
        {%- elif wanted is not none or spec['required'] -%}
            {{ raise_raw_error(
                place ~ " has no column '" ~ (wanted or column) ~ "'"
                ~ (" (which vars.yml names for " ~ column ~ ")" if wanted else '')
                ~ "; its columns are: " ~ (found_columns | join(', '))
                ~ ". Rename one, or name yours in vars.yml under column_names: {"
                ~ table_name ~ ": {" ~ column ~ ": <your column>}}"
                ~ (". If that looks like one long name, separate the columns by"
                   ~ " comma, semicolon, tab or |" if found_columns | length == 1
                   else '')
                ~ "."
            ) }}
        {%- else -%}
            {%- do resolved.update({column: none}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(resolved) }}
{% endmacro %}
