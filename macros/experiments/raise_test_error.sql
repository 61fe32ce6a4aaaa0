{% macro raise_test_error(name, problem) %}
{#- Stop the run with one sentence about a statistical test of vars.yml. -#}
    {{ exceptions.raise_compiler_error(
        "Setting hypothesis_tests: the test '" ~ name ~ "' " ~ problem ~ '.') }}
{% endmacro %}
