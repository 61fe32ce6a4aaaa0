-- Paths account for every conversion and its value, once.
with

paths as (

    select
        coalesce(sum(conversions), 0) as conversions,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('conversion_paths') }}

),

conversions as (

    select
        count(*) as conversions,
        coalesce(cast(sum(conversion_value) as double), 0) as revenue
    from {{ ref('int_conversions') }}

)

select
    paths.conversions as conversions_in_paths,
    conversions.conversions,
    paths.revenue as revenue_in_paths,
    conversions.revenue
from paths
cross join conversions
where
    paths.conversions <> conversions.conversions
    or not abs(paths.revenue - conversions.revenue) <= 1e-9 * (1 + abs(conversions.revenue))
