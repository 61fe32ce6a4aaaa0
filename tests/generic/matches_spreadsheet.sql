{% test matches_spreadsheet(
    model, expected, keys, columns=none, absolute_tolerance=1e-9, relative_tolerance=1e-9
) %}
{#-
    The mart equals a table exported from a spreadsheet.

    Arguments:
        expected: the relation that holds the expected rows, usually a seed.
        keys: columns that identify a row in both.
        columns: columns to compare; default: every column of `expected`.
        absolute_tolerance, relative_tolerance: a number passes when it is off by
            at most absolute_tolerance + relative_tolerance * |expected|.
    Fails for each missing row, each row too many and each value that differs,
    one row a difference: the key, what differs, expected and actual value.
    Texts, dates and NULLs must be equal.
-#}
{%- set compared = [] -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(expected) -%}
        {%- if column.name not in keys and (columns is none or column.name in columns) -%}
            {%- do compared.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in (columns or []) if column not in compared | map(attribute='name') -%}
        {{ exceptions.raise_compiler_error(
            'matches_spreadsheet: ' ~ expected ~ " has no column '" ~ column ~ "'.") }}
    {%- endfor -%}
{%- endif %}
with

expected_rows as (

    select
        *,
        1 as is_present
    from {{ expected }}

),

actual_rows as (

    select
        *,
        1 as is_present
    from {{ model }}

),

aligned as (

    select
        {%- for key in keys %}
        coalesce(
            cast(expected_rows.{{ key }} as {{ dbt.type_string() }}),
            cast(actual_rows.{{ key }} as {{ dbt.type_string() }})
        ) as {{ key }},
        {%- endfor %}
        {%- for column in compared %}
        expected_rows.{{ column.name }} as expected_{{ column.name }},
        actual_rows.{{ column.name }} as actual_{{ column.name }},
        {%- endfor %}
        expected_rows.is_present as expected_is_present,
        actual_rows.is_present as actual_is_present
    from expected_rows
    full outer join actual_rows
        on
        {%- for key in keys %}
            cast(expected_rows.{{ key }} as {{ dbt.type_string() }})
            = cast(actual_rows.{{ key }} as {{ dbt.type_string() }})
            {{- ' and' if not loop.last }}
        {%- endfor %}

),

differences as (

    select
        {{ keys | join(', ') }},
        case when actual_is_present is null then 'missing row' else 'row too many' end
            as difference,
        cast(null as {{ dbt.type_string() }}) as expected_value,
        cast(null as {{ dbt.type_string() }}) as actual_value
    from aligned
    where expected_is_present is null or actual_is_present is null
    {%- for column in compared %}

    union all

    select
        {{ keys | join(', ') }},
        '{{ column.name }}' as difference,
        cast(expected_{{ column.name }} as {{ dbt.type_string() }}) as expected_value,
        cast(actual_{{ column.name }} as {{ dbt.type_string() }}) as actual_value
    from aligned
    where
        expected_is_present is not null
        and actual_is_present is not null
        and (
            (expected_{{ column.name }} is null) <> (actual_{{ column.name }} is null)
            {%- if column.is_number() or column.is_float() or column.is_integer() %}
            or not abs(
                cast(expected_{{ column.name }} as double)
                - cast(actual_{{ column.name }} as double)
            ) <= {{ absolute_tolerance }} + {{ relative_tolerance }}
                * abs(cast(expected_{{ column.name }} as double))
            {%- else %}
            or cast(expected_{{ column.name }} as {{ dbt.type_string() }})
            <> cast(actual_{{ column.name }} as {{ dbt.type_string() }})
            {%- endif %}
        )
    {%- endfor %}

)

select * from differences

{% endtest %}
