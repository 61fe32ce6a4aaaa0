-- One row per conversion whose stored credits do not stand, and why: all of them after a
-- change of settings or of old touches; else those that are new or changed, that a late
-- touch may still reach, or that are no conversions any more. None where no credits are
-- stored: all are computed then, and to list them would only cost time.
-- depends_on: {{ ref('int_touch_history') }}
{%- set credits = stored_relation('touchpoint_credits') %}
{%- set state = stored_credits_state() %}
with

conversions as (

    select
        conversion_id,
        customer_id,
        conversion_value,
        previous_converted_at,
        converted_at
    from {{ ref('int_conversions') }}

),
{%- if state is none %}

due as (

    select
        conversion_id,
        cast(null as {{ dbt.type_string() }}) as reason
    from conversions
    where false

)
{%- else %}
{%- set settings = path_settings() ~ '; ' ~ credit_settings() %}
{%- set changed = run_query(
    "select count(*) from " ~ state ~ " where settings = '" ~ settings ~ "'"
).rows[0][0] != 1 %}
{%- if changed %}
    {%- do log(
        'Settings of paths or credits have changed since the last run: every path is '
        ~ 'built anew.', info=true) %}
{%- endif %}

-- Every path has one first row.
credited as (

    select
        conversion_id,
        customer_id,
        conversion_value,
        previous_converted_at,
        converted_at
    from {{ credits }}
    where coalesce(touch_position, 1) = 1

),

history as (

    select
        has_changed,
        credited_until
    from {{ ref('int_touch_history') }}

),

judged as (

    select
        coalesce(conversions.conversion_id, credited.conversion_id) as conversion_id,
        case
            when conversions.conversion_id is null then 'no longer a conversion'
            {%- if changed %}
            when true then 'settings changed'
            {%- endif %}
            when history.has_changed then 'history changed'
            when credited.conversion_id is null then 'new'
            when
                conversions.customer_id is distinct from credited.customer_id
                or conversions.conversion_value is distinct from credited.conversion_value
                or conversions.previous_converted_at
                is distinct from credited.previous_converted_at
                or conversions.converted_at is distinct from credited.converted_at
                then 'changed'
            when coalesce(conversions.converted_at >= history.credited_until, true)
                then 'late touches possible'
        end as reason
    from conversions
    full join credited
        on conversions.conversion_id = credited.conversion_id
    cross join history

),

due as (

    select
        conversion_id,
        reason
    from judged
    where reason is not null

)
{%- endif %}

select * from due
