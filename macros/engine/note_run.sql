{% macro note_run(state) %}
{#-
    Statement that notes in the warehouse which dbt run wrote it last, and whether
    that run came to its end. Publishing compares the note with dbt's own results,
    so that a warehouse that a later or stopped run has touched is never published.
    Arguments:
        state: 'started' or 'finished'.
-#}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot') -%}
        {{- return(adapter.dispatch('note_run', 'insight_engine')(state)) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__note_run(state) %}{% endmacro %}

{% macro duckdb__note_run(state) %}
    create or replace table main.last_dbt_run as
    select
        '{{ invocation_id }}' as invocation_id,
        '{{ state }}' as state
{% endmacro %}

{% macro spark__note_run(state) %}
    {%- do run_query('create schema if not exists ' ~ target.schema) -%}
    create or replace view {{ target.schema }}.last_dbt_run as
    select
        '{{ invocation_id }}' as invocation_id,
        '{{ state }}' as state
{% endmacro %}
