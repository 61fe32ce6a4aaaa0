-- One row per (snapshot date, customer known by then): what the data told about the
-- customer on that evening. Nothing later takes part, so that a snapshot of the past
-- reads as it would have been read at the time.
with

snapshot_dates as (

    select snapshot_date
    from {{ ref('int_snapshot_dates') }}

),

orders as (

    select
        order_id,
        customer_id,
        order_value,
        order_date
    from {{ ref('int_customer_orders') }}

),

customers as (

    select
        customer_id,
        {{ business_date('created_at') }} as created_date
    from {{ ref('stg_customers') }}

),

returns as (

    select
        order_id,
        refund_amount,
        {{ business_date('returned_at') }} as return_date
    from {{ ref('stg_returns') }}

),

email_events as (

    select
        customer_id,
        event_type,
        {{ business_date('occurred_at') }} as event_date
    from {{ ref('stg_email_events') }}
    where event_type in ('sent', 'opened')

),

seen as (

    select
        customer_id,
        created_date as seen_date
    from customers
    union all
    select
        customer_id,
        order_date as seen_date
    from orders

),

first_seen as (

    select
        customer_id,
        min(seen_date) as first_seen_date
    from seen
    group by customer_id

),

known_customers as (

    select
        snapshot_dates.snapshot_date,
        first_seen.customer_id,
        first_seen.first_seen_date
    from first_seen
    inner join snapshot_dates
        on first_seen.first_seen_date <= snapshot_dates.snapshot_date

),

-- A look back of n days holds the snapshot date and the n - 1 days before it.
orders_so_far as (

    select
        snapshot_dates.snapshot_date,
        orders.customer_id,
        count(*) as total_orders,
        sum(orders.order_value) as total_spend,
        {%- for days in [90, 180, 365] %}
        count(
            case
                when
                    {{ days_from('orders.order_date', 'snapshot_dates.snapshot_date') }}
                    < {{ days }}
                    then 1
            end
        ) as orders_last_{{ days }}_days,
        {%- endfor %}
        sum(
            case
                when
                    {{ days_from('orders.order_date', 'snapshot_dates.snapshot_date') }}
                    < 365
                    then orders.order_value
                else 0
            end
        ) as spend_last_365_days,
        min(orders.order_date) as first_order_date,
        max(orders.order_date) as last_order_date
    from orders
    inner join snapshot_dates
        on orders.order_date <= snapshot_dates.snapshot_date
    group by snapshot_dates.snapshot_date, orders.customer_id

),

order_returns as (

    select
        orders.customer_id,
        returns.order_id,
        min(returns.return_date) as return_date
    from returns
    inner join orders
        on returns.order_id = orders.order_id
    group by orders.customer_id, returns.order_id

),

returns_so_far as (

    select
        snapshot_dates.snapshot_date,
        order_returns.customer_id,
        count(*) as returned_orders
    from order_returns
    inner join snapshot_dates
        on order_returns.return_date <= snapshot_dates.snapshot_date
    group by snapshot_dates.snapshot_date, order_returns.customer_id

),

first_returns as (

    select min(return_date) as first_return_date
    from returns

),

-- Before the first return was recorded nobody knows whether orders come back.
return_records as (

    select
        snapshot_dates.snapshot_date,
        count(first_returns.first_return_date) > 0 as has_returns
    from snapshot_dates
    left join first_returns
        on snapshot_dates.snapshot_date >= first_returns.first_return_date
    group by snapshot_dates.snapshot_date

),

emails_so_far as (

    select
        snapshot_dates.snapshot_date,
        email_events.customer_id,
        count(case when email_events.event_type = 'sent' then 1 end) as emails_sent,
        count(case when email_events.event_type = 'opened' then 1 end) as emails_opened
    from email_events
    inner join snapshot_dates
        on email_events.event_date <= snapshot_dates.snapshot_date
    group by snapshot_dates.snapshot_date, email_events.customer_id

),

joined as (

    select
        known_customers.snapshot_date,
        known_customers.customer_id,
        return_records.has_returns,
        known_customers.first_seen_date,
        orders_so_far.first_order_date,
        orders_so_far.last_order_date,
        coalesce(orders_so_far.total_orders, 0) as total_orders,
        {%- for days in [90, 180, 365] %}
        coalesce(orders_so_far.orders_last_{{ days }}_days, 0)
            as orders_last_{{ days }}_days,
        {%- endfor %}
        cast(coalesce(orders_so_far.total_spend, 0) as double) as total_spend,
        cast(coalesce(orders_so_far.spend_last_365_days, 0) as double)
            as spend_last_365_days,
        coalesce(returns_so_far.returned_orders, 0) as returned_orders,
        coalesce(emails_so_far.emails_sent, 0) as emails_sent,
        coalesce(emails_so_far.emails_opened, 0) as emails_opened
    from known_customers
    inner join return_records
        on known_customers.snapshot_date = return_records.snapshot_date
    left join orders_so_far
        on known_customers.snapshot_date = orders_so_far.snapshot_date
        and known_customers.customer_id = orders_so_far.customer_id
    left join returns_so_far
        on known_customers.snapshot_date = returns_so_far.snapshot_date
        and known_customers.customer_id = returns_so_far.customer_id
    left join emails_so_far
        on known_customers.snapshot_date = emails_so_far.snapshot_date
        and known_customers.customer_id = emails_so_far.customer_id

),

features as (

    select
        snapshot_date,
        customer_id,
        total_orders,
        {%- for days in [90, 180, 365] %}
        orders_last_{{ days }}_days,
        {%- endfor %}
        total_spend,
        spend_last_365_days,
        total_spend / nullif(total_orders, 0) as avg_order_value,
        {{ days_from('last_order_date', 'snapshot_date') }} as days_since_last_order,
        {{ days_from('first_order_date', 'snapshot_date') }} as days_since_first_order,
        {{ days_from('first_order_date', 'last_order_date') }}
        / nullif(cast(total_orders - 1 as double), 0e0) as avg_days_between_orders,
        {{ days_from('first_seen_date', 'snapshot_date') }} as tenure,
        case
            when has_returns
                then returned_orders / nullif(cast(total_orders as double), 0e0)
        end as return_rate,
        -- An e-mail opened twice is two events: no more than all can be opened.
        case
            when emails_sent > 0
                then least(1e0, emails_opened / cast(emails_sent as double))
        end as email_engagement,
        first_order_date,
        last_order_date
    from joined

)

select * from features
