{% macro repeated_numbers(relation, number, where='true') %}
{#-
    Query: the values of `number` (SQL of a whole number) that more than one row of
    `relation` has, each once, in the column repeated_number; only rows for which the
    condition `where` holds. For millions of numbers of which hardly any repeats: on
    DuckDB sorting them and looking at neighbours costs two thirds of grouping them.
-#}
    {{ return(adapter.dispatch('repeated_numbers', 'insight_engine')(relation, number, where)) }}
{% endmacro %}

{% macro duckdb__repeated_numbers(relation, number, where) -%}
    select distinct repeated_number
    from (
        select
            repeated_number,
            lag(repeated_number) over (order by repeated_number) as number_before
        from (
            select {{ number }} as repeated_number
            from {{ relation }}
            where {{ where }}
        )
    )
    where repeated_number = number_before
{%- endmacro %}

{% macro spark__repeated_numbers(relation, number, where) -%}
    select {{ number }} as repeated_number
    from {{ relation }}
    where {{ where }}
    group by {{ number }}
    having count(*) > 1
{%- endmacro %}
