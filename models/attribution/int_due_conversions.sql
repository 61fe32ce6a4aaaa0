-- One row per conversion whose credits have to be computed in this run, and why: all
-- of them the first time and after a change of settings or of old touches; else
-- those that are new or changed, and those that a late touch may still reach.
-- depends_on: {{ ref('stg_touchpoints') }}
{%- set credits = stored_relation('touchpoint_credits') %}
{%- set history = stored_relation('int_touch_history') %}
{%- set knows_settings = namespace(value=false) %}
{%- if credits is not none and history is not none %}
    {%- for column in adapter.get_columns_in_relation(credits) if column.name == 'path_settings' %}
        {%- set knows_settings.value = true %}
    {%- endfor %}
{%- endif %}
with

conversions as (

    select
        conversion_id,
        customer_id,
        jackknife_group,
        conversion_value,
        conversion_month,
        previous_converted_at,
        converted_at
    from {{ ref('int_conversions') }}

),
{%- if not knows_settings.value %}

due as (

    select
        *,
        'first build' as reason
    from conversions

)
{%- else %}
{%- set settings = path_settings() ~ '; ' ~ credit_settings() %}
{%- set changed = run_query(
    "select count(*) from " ~ credits
    ~ " where path_settings is distinct from '" ~ settings ~ "'").rows[0][0] %}
{%- if changed > 0 %}
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

-- Until when touches are history, and what they were.
then_known as (

    select
        history_until,
        touches,
        touches_checksum
    from {{ history }}

),

now_known as (

    select
        count(*) as touches,
        {{ row_checksum([
            'touchpoint_id', 'customer_id', 'channel', 'campaign', 'is_direct', 'touched_at'
        ]) }} as touches_checksum
    from {{ ref('stg_touchpoints') }}
    where touched_at < (select then_known.history_until from then_known)

),

known as (

    select
        then_known.history_until,
        then_known.touches <> now_known.touches
        or then_known.touches_checksum is distinct from now_known.touches_checksum
            as history_changed
    from then_known
    cross join now_known

),

judged as (

    select
        conversions.*,
        case
            {%- if changed > 0 %}
            when true then 'settings changed'
            {%- endif %}
            when known.history_changed then 'history changed'
            when credited.conversion_id is null then 'new'
            when
                conversions.customer_id is distinct from credited.customer_id
                or conversions.conversion_value is distinct from credited.conversion_value
                or conversions.previous_converted_at
                is distinct from credited.previous_converted_at
                or conversions.converted_at is distinct from credited.converted_at
                then 'changed'
            when coalesce(conversions.converted_at >= known.history_until, true)
                then 'late touches possible'
        end as reason
    from conversions
    cross join known
    left join credited
        on conversions.conversion_id = credited.conversion_id

),

due as (

    select *
    from judged
    where reason is not null

)
{%- endif %}

select * from due
