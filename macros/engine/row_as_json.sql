{% macro row_as_json(columns) %}
{#- The named columns of the row as one JSON text, in the order given. -#}
    {{ return(adapter.dispatch('row_as_json', 'insight_engine')(columns)) }}
{% endmacro %}

{% macro duckdb__row_as_json(columns) -%}
    cast(json_object(
        {%- for column in columns %}
        '{{ column.split('.') | last }}', cast({{ column }} as varchar)
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
    to_json(
        named_struct(
            {%- for column in columns %}
            '{{ column.split('.') | last }}', cast({{ column }} as string)
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
