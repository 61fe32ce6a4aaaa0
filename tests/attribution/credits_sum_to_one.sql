-- Under every model the credits of a conversion sum to 1.
{%- set errors = [] %}
{%- for model in attribution_models() %}
{%- do errors.append('abs(sum(credit_' ~ model ~ ') - 1)') %}
{%- endfor %}
with

conversions as (

    select
        conversion_id,
        greatest({{ errors | join(', ') }}) as largest_error
    from {{ ref('touchpoint_credits') }}
    group by conversion_id

)

select
    conversion_id,
    largest_error
from conversions
where not largest_error <= 1e-9
