-- One row per raw table: its rows, the day of its newest, what it can be held against.
{%- set times = {
    'touchpoints': 'touched_at', 'orders': 'ordered_at', 'customers': 'created_at',
    'returns': 'returned_at', 'marketing_spend': 'spend_date',
    'email_events': 'occurred_at', 'web_sessions': 'session_hour',
} %}
{#- Those that hold dates of the business already. -#}
{%- set dates = ['spend_date'] %}
with

column_profiles as (

    select
        table_name,
        column_name,
        rows as row_count,
        max as newest
    from {{ ref('column_profiles') }}

),

quarantined as (

    select
        table_name,
        count(*) as row_count
    from {{ ref('quarantined_rows') }}
    group by table_name

),

data_window as (

    select as_of
    from {{ ref('int_data_window') }}

),

staged as (

    {%- for table_name, column_name in times.items() %}
    select
        table_name,
        row_count,
        {%- if column_name in dates %}
        cast(newest as date) as newest_date,
        {%- else %}
        {{ business_date('cast(newest as timestamp)') }} as newest_date,
        {%- endif %}
        {{ loop.index }} as display_order
    from column_profiles
    where
        table_name = '{{ table_name }}'
        and column_name = '{{ column_name }}'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

customer_file as (

    select row_count > 0 as is_given
    from staged
    where table_name = 'customers'

),

tables as (

    select
        staged.table_name,
        -- Customers are what others are held against; orders and e-mails need them.
        case
            when staged.table_name = 'customers' then false
            when staged.table_name in ('orders', 'email_events') then customer_file.is_given
            else true
        end as can_contradict,
        staged.row_count + coalesce(quarantined.row_count, 0) as raw_rows,
        -- Without a row that can be read the age is unknown, not 0.
        case
            when staged.newest_date is not null
                then
                    greatest(
                        {{ seconds_between(
                            'cast(staged.newest_date as timestamp)',
                            'cast(data_window.as_of as timestamp)'
                        ) }} / 86400e0,
                        0e0
                    )
        end as days_behind,
        staged.newest_date,
        staged.display_order
    from staged
    cross join data_window
    cross join customer_file
    left join quarantined
        on staged.table_name = quarantined.table_name

)

select * from tables
