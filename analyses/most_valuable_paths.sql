-- Which paths bring the most revenue, and how long do they take?
with

paths as (

    select
        path,
        path_length,
        conversions,
        revenue,
        avg_days_to_convert,
        revenue / conversions as revenue_per_conversion
    from {{ ref('conversion_paths') }}

)

select * from paths
order by revenue desc, path asc
limit 20
