{% macro raise_raw_error(message) %}
{#- Stop the run with one sentence about the raw data. -#}
    {{ exceptions.raise_compiler_error('Raw data: ' ~ message) }}
{% endmacro %}
