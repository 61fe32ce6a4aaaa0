{% macro check_raw_table_missed(table_name, spec, stems, wanted_file) %}
{#-
    Called where var('raw_schema') has none of the tables `stems`: an error if
    `table_name` is required, or was named in the var `file_names` (`wanted_file`).
-#}
    {%- if spec['required'] or wanted_file -%}
        {{ raise_raw_error("schema '" ~ var('raw_schema') ~ "' has no table '"
            ~ stems[0] ~ "', which is required: load it, or name yours in"
            ~ " vars.yml under file_names: {" ~ table_name ~ ": <your table>}.") }}
    {%- endif -%}
{% endmacro %}
