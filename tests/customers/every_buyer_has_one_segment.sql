-- Where a clustering was selected, every customer with an order is in one segment, and
-- profiles count them all.
with

selected as (

    select count(*) as clusterings
    from {{ ref('clustering_comparison') }}
    where is_selected

),

buyers as (

    select count(*) as customers
    from {{ ref('customer_metrics') }}
    where total_orders > 0

),

segments as (

    select count(*) as customers
    from {{ ref('customer_segments') }}

),

profiles as (

    select
        coalesce(sum(customers), 0) as customers,
        sum(customer_share) as customer_share,
        sum(revenue_share) as revenue_share
    from {{ ref('segment_profiles') }}

)

select
    selected.clusterings,
    buyers.customers as buyers,
    segments.customers as customers_in_segments,
    profiles.customers as customers_in_profiles,
    profiles.customer_share,
    profiles.revenue_share
from selected
cross join buyers
cross join segments
cross join profiles
where
    selected.clusterings > 1
    or (selected.clusterings = 1 and segments.customers <> buyers.customers)
    or profiles.customers <> segments.customers
    or abs(profiles.customer_share - 1) > 1e-9
    or abs(profiles.revenue_share - 1) > 1e-9
