{% macro raw_amount(table_name, column_name) %}
{#-
    A raw column as money, decimal(18, 2), or NULL where it cannot be read.
    1,234.50 is read; 1.234,50 is read in a file that writes decimal commas
    throughout; 1,234 alone could mean two amounts and is not read.
-#}
    {%- if raw_column_kind(table_name, column_name) == 'numeric' -%}
        {{ return('try_cast(' ~ column_name ~ ' as decimal(18, 2))') }}
    {%- endif -%}
    {{ return(
        'try_cast(case'
        ~ ' when _is_decimal_comma'
        ~ " then replace(replace(trim(" ~ column_name ~ "), '.', ''), ',', '.')"
        ~ " when trim(" ~ column_name ~ ") like '%,___.%'"
        ~ " then replace(trim(" ~ column_name ~ "), ',', '')"
        ~ ' else trim(' ~ column_name ~ ') end as decimal(18, 2))'
    ) }}
{% endmacro %}
