{% macro timestamp_formats() %}
{#-
    The setting timestamp_formats as a list of texts.
    Errors: anything that is not a text with a %-sign in it, such as '%d/%m/%Y'.
-#}
    {%- set formats = var('timestamp_formats') -%}
    {%- set formats = [] if formats is none else ([formats] if formats is string else formats) -%}
    {%- if formats is mapping or formats is not iterable -%}
        {{ raise_setting_error('timestamp_formats', "must be a list like ['%d/%m/%Y %H:%M']") }}
    {%- endif -%}
    {%- for format in formats -%}
        {%- if format is not string or "'" in format
            or not modules.re.search('%[-]?[dmbBjyYGV]', format)
            or modules.re.search('%(?![-]?[aAwudbhBmyYGHIpMSgfnzZjUWVcxX%])', format) -%}
            {{ raise_setting_error('timestamp_formats', "must be a list like ['%d/%m/%Y %H:%M']") }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(formats | list) }}
{% endmacro %}
