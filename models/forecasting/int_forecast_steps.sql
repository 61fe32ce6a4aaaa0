-- One row per step ahead, up to the longest horizon that settings allow.
with

digits as (

    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

steps as (

    select 1 + ones.digit + 10 * tens.digit + 100 * hundreds.digit as step
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds

)

select *
from steps
where step <= 366
