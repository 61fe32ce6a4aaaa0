{% macro stored_credits_state() %}
{#-
    credits_state() as an earlier run left it, or none where all credits are computed
    anew: without a build, in a full refresh and in unit tests.
-#}
    {%- set state = credits_state() -%}
    {%- if state is none or stored_relation('touchpoint_credits') is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(state.database, state.schema, state.identifier)) }}
{% endmacro %}
