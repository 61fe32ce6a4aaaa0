{% macro raise_setting_error(setting, problem) %}
{#- Stop the run with one sentence about a setting of vars.yml. -#}
    {{ exceptions.raise_compiler_error(
        'Setting ' ~ setting ~ ' ' ~ problem ~ '; it is '
        ~ tojson(var(setting, none)) ~ '.') }}
{% endmacro %}
