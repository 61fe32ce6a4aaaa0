-- Under every model and in every month, credited conversions and revenue are those
-- of the orders that count, straight from staging.
{%- set is_net = choice_setting('conversion_value', ['gross', 'net']) == 'net' %}
{%- set scope = choice_setting('conversion_scope', ['all_orders', 'first_orders']) %}
with

refunds as (

    select
        order_id,
        sum(refund_amount) as refund_amount
    from {{ ref('stg_returns') }}
    where {{ happened_by_as_of(business_date('returned_at')) }}
    group by order_id

),

counted_orders as (

    select
        {{ business_month('orders.ordered_at') }} as conversion_month,
        case
            when {{ is_net }} then orders.order_value - coalesce(refunds.refund_amount, 0)
            else orders.order_value
        end as conversion_value,
        row_number() over (
            partition by coalesce('customer ' || orders.customer_id, 'guest ' || orders.order_id)
            order by orders.ordered_at, orders.order_id
        ) as order_number
    from {{ ref('stg_orders') }} as orders
    left join refunds
        on orders.order_id = refunds.order_id
    where
        not orders.is_cancelled
        and {{ happened_by_as_of(business_date('orders.ordered_at')) }}

),

expected as (

    select
        conversion_month,
        count(*) as conversions,
        cast(sum(conversion_value) as double) as revenue
    from counted_orders
    {%- if scope == 'first_orders' %}
    where order_number = 1
    {%- endif %}
    group by conversion_month

),

models as (

    select distinct attribution_model
    from {{ ref('channel_attribution') }}

),

credited as (

    select
        conversion_month,
        attribution_model,
        sum(conversions) as conversions,
        sum(revenue) as revenue
    from {{ ref('channel_attribution') }}
    group by conversion_month, attribution_model

)

select
    coalesce(expected.conversion_month, credited.conversion_month) as conversion_month,
    coalesce(models.attribution_model, credited.attribution_model) as attribution_model,
    expected.conversions as expected_conversions,
    credited.conversions as credited_conversions,
    expected.revenue as expected_revenue,
    credited.revenue as credited_revenue
from expected
cross join models
full outer join credited
    on expected.conversion_month = credited.conversion_month
    and models.attribution_model = credited.attribution_model
where
    expected.conversions is null
    or credited.conversions is null
    or not abs(expected.conversions - credited.conversions) <= 1e-9 * expected.conversions
    or not abs(expected.revenue - credited.revenue) <= 1e-9 * (1 + abs(expected.revenue))
