-- One row per kind of fault in a raw table: the dimension it counts for, and its rows.
-- A row has one fault at most: quarantine names the first, and what is held against
-- other tables is staged and cannot be in two of the findings below.
with

quarantined as (

    select
        table_name,
        reason,
        count(*) as row_count
    from {{ ref('quarantined_rows') }}
    group by table_name, reason

),

customers as (

    select
        customer_id,
        created_at
    from {{ ref('stg_customers') }}

),

orders as (

    select
        order_id,
        customer_id,
        order_value,
        ordered_at
    from {{ ref('stg_orders') }}

),

email_events as (

    select customer_id
    from {{ ref('stg_email_events') }}

),

returns as (

    select
        order_id,
        refund_amount
    from {{ ref('stg_returns') }}

),

unmapped_channels as (

    select distinct channel
    from {{ ref('stg_channel_spellings') }}
    where not is_mapped

),

-- Without a customer file nobody can be missing from it.
customer_file as (

    select count(*) > 0 as is_given
    from customers

),

unknown_customers as (

    select
        'orders' as table_name,
        'customer unknown to the customers' as finding,
        count(*) as row_count
    from orders
    left join customers
        on orders.customer_id = customers.customer_id
    where
        orders.customer_id is not null
        and customers.customer_id is null

    union all

    select
        'email_events' as table_name,
        'customer unknown to the customers' as finding,
        count(*) as row_count
    from email_events
    left join customers
        on email_events.customer_id = customers.customer_id
    where customers.customer_id is null

),

-- A day is let pass: sign-ups may be known by their date only.
early_orders as (

    select
        'orders' as table_name,
        'ordered before the customer signed up' as finding,
        count(*) as row_count
    from orders
    inner join customers
        on orders.customer_id = customers.customer_id
    where orders.ordered_at < {{ days_before('customers.created_at', 1) }}

),

refunds as (

    select
        order_id,
        sum(refund_amount) as refund_amount,
        count(*) as row_count
    from returns
    group by order_id

),

large_refunds as (

    select
        'returns' as table_name,
        'more refunded than was paid' as finding,
        coalesce(sum(refunds.row_count), 0) as row_count
    from refunds
    inner join orders
        on refunds.order_id = orders.order_id
    where refunds.refund_amount > orders.order_value

),

unmapped_rows as (

    {%- for table_name in ['touchpoints', 'marketing_spend', 'web_sessions'] %}
    select
        '{{ table_name }}' as table_name,
        'channel unknown to the channel map' as finding,
        count(*) as row_count
    from {{ ref('stg_' ~ table_name) }} as staged
    inner join unmapped_channels
        on staged.channel = unmapped_channels.channel
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

contradictions as (

    select
        unknown_customers.table_name,
        unknown_customers.finding,
        unknown_customers.row_count
    from unknown_customers
    cross join customer_file
    where customer_file.is_given
    union all
    select * from early_orders
    union all
    select * from large_refunds
    union all
    select * from unmapped_rows

),

findings as (

    select
        table_name,
        case
            when reason like 'missing %' then 'completeness'
            when reason like 'duplicate %' then 'uniqueness'
            when reason like 'orphan %' or reason = 'returned before ordered'
                then 'consistency'
            else 'validity'
        end as dimension,
        reason as finding,
        row_count
    from quarantined

    union all

    select
        table_name,
        'consistency' as dimension,
        finding,
        cast(row_count as bigint) as row_count
    from contradictions
    where row_count > 0

)

select * from findings
