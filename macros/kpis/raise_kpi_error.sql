{% macro raise_kpi_error(name, problem) %}
{#- Stop the run with one sentence about a KPI of vars.yml. -#}
    {{ exceptions.raise_compiler_error("Setting kpis: the KPI '" ~ name ~ "' " ~ problem ~ '.') }}
{% endmacro %}
