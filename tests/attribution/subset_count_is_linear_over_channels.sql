-- Under subset_count every conversion is shared equally by the distinct channels
-- of its journey: one more road to the same number.
with

journey_channels as (

    select distinct
        customer_id,
        journey_number,
        channel
    from {{ ref('int_journey_touches') }}

),

conversions as (

    select
        customer_id,
        journey_number,
        cast(conversion_value as double) as conversion_value
    from {{ ref('int_journey_touches') }}
    where is_converted

),

counted as (

    select
        conversions.customer_id,
        conversions.journey_number,
        count(*) as channels
    from conversions
    inner join journey_channels
        on conversions.customer_id = journey_channels.customer_id
        and conversions.journey_number = journey_channels.journey_number
    group by conversions.customer_id, conversions.journey_number

),

linear as (

    select
        journey_channels.channel,
        {{ stable_sum('1e0 / counted.channels') }} as conversions,
        {{ stable_sum('conversions.conversion_value / counted.channels') }} as revenue
    from counted
    inner join conversions
        on counted.customer_id = conversions.customer_id
        and counted.journey_number = conversions.journey_number
    inner join journey_channels
        on counted.customer_id = journey_channels.customer_id
        and counted.journey_number = journey_channels.journey_number
    group by journey_channels.channel

)

select
    shapley_values.channel,
    shapley_values.shapley_value,
    linear.conversions,
    shapley_values.value_shapley_value,
    linear.revenue
from {{ ref('shapley_values') }} as shapley_values
left join linear
    on shapley_values.channel = linear.channel
where
    shapley_values.value_function = 'subset_count'
    and shapley_values.sampling_std_error = 0
    and (
        not abs(shapley_values.shapley_value - coalesce(linear.conversions, 0e0))
        <= 1e-9 * greatest(1e0, coalesce(linear.conversions, 0e0))
        or not abs(shapley_values.value_shapley_value - coalesce(linear.revenue, 0e0))
        <= 1e-9 * greatest(1e0, abs(coalesce(linear.revenue, 0e0)))
    )
