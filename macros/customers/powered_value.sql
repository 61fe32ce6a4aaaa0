{% macro powered_value(value, power) %}
{#-
    `value` (at least 0) as it is, its square root or its logarithm (of 1 + value),
    by the SQL expression `power`: 'none', 'sqrt' or 'log'.
-#}
    {{ return(
        'case ' ~ power ~ " when 'sqrt' then sqrt(" ~ value ~ ") when 'log' then ln(1e0 + "
        ~ value ~ ') else cast(' ~ value ~ ' as double) end'
    ) }}
{% endmacro %}
