{% macro checked_raw_files(spec, stems, is_named, folder, answer) %}
{#-
    The files of a raw table that inspect_raw_files() found, or an empty list where an
    optional table has none.
    Arguments:
        spec: the table in raw_contract().
        stems: file names (without ending) that were looked for.
        is_named: did vars.yml name the file?
        folder: where they were looked for.
        answer: what inspect_raw_files() said, parsed.
    Errors: no such folder, the table twice, a required table not there, a file that
    cannot be read.
-#}
    {%- if not answer['folder_exists'] -%}
        {{ raise_raw_error("the folder '" ~ folder ~ "' does not exist: set"
            ~ " INSIGHT_DATA to the folder that holds your exports, or run"
            ~ " `make build`, which makes the demo data first.") }}
    {%- endif -%}
    {%- if answer['places'] | length > 1 -%}
        {{ raise_raw_error("'" ~ folder ~ "' holds the table " ~ spec['name']
            ~ " more than once (" ~ (answer['places'] | join(', '))
            ~ "): keep one, or put the parts into a folder '"
            ~ answer['stem'] ~ "'.") }}
    {%- endif -%}
    {%- if not answer['files'] -%}
        {%- if spec['required'] or is_named or answer['places'] -%}
            {{ raise_raw_error("'" ~ folder ~ "' has no " ~ stems[0] ~ ".csv, "
                ~ stems[0] ~ ".parquet or folder of such parts"
                ~ (", which is required" if spec['required'] else '')
                ~ "; it holds: " ~ (answer['entries'] | join(', ') or 'nothing')
                ~ ". Add the file, or name yours in vars.yml under file_names: {"
                ~ spec['name'] ~ ": <your file without ending>}.") }}
        {%- endif -%}
        {{ return([]) }}
    {%- endif -%}
    {%- for file in answer['files'] -%}
        {%- if file['error'] -%}
            {{ raise_raw_error(file['path'] ~ ' ' ~ file['error'] ~ '.') }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(answer['files']) }}
{% endmacro %}
