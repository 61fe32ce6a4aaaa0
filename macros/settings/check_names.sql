{% macro check_names() %}
{#-
    Check the settings column_names (table -> column -> your name) and file_names
    (table -> your name).
    Errors: another shape, an unknown table or column, a name that is no text.
-#}
    {%- for setting in ['column_names', 'file_names'] -%}
        {%- set shape = '{touchpoints: {customer_id: user_id}}' if setting == 'column_names'
            else '{touchpoints: marketing_touchpoints}' -%}
        {%- set names = {} if var(setting) is none else var(setting) -%}
        {%- if names is not mapping -%}
            {{ raise_setting_error(setting, 'must look like ' ~ shape) }}
        {%- endif -%}
        {%- for table_name, value in names.items() -%}
            {%- if table_name not in raw_contract() -%}
                {{ raise_setting_error(setting, "names the table '" ~ table_name
                    ~ "', but the raw tables are: " ~ (raw_contract().keys() | join(', '))) }}
            {%- endif -%}
            {%- if setting == 'file_names' and (value is not string or value | trim == '') -%}
                {{ raise_setting_error(setting, 'must look like ' ~ shape) }}
            {%- elif setting == 'column_names' -%}
                {%- if value is not mapping -%}
                    {{ raise_setting_error(setting, 'must look like ' ~ shape) }}
                {%- endif -%}
                {%- for column, found in value.items() -%}
                    {%- if column not in raw_contract()[table_name]['columns'] -%}
                        {{ raise_setting_error(setting, "names the column '" ~ column
                            ~ "' of " ~ table_name ~ ', whose contract columns are: '
                            ~ (raw_contract()[table_name]['columns'].keys() | join(', '))) }}
                    {%- elif found is not string or found | trim == '' -%}
                        {{ raise_setting_error(setting, 'must look like ' ~ shape) }}
                    {%- endif -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
