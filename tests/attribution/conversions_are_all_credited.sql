-- Every conversion has rows in touchpoint_credits, and nothing else has.
with

credited as (

    select
        conversion_id,
        max(conversion_value) as conversion_value
    from {{ ref('touchpoint_credits') }}
    group by conversion_id

)

select
    conversions.conversion_id as missing_conversion_id,
    credited.conversion_id as surplus_conversion_id
from {{ ref('int_conversions') }} as conversions
full outer join credited
    on conversions.conversion_id = credited.conversion_id
where
    conversions.conversion_id is null
    or credited.conversion_id is null
    or conversions.conversion_value <> credited.conversion_value
