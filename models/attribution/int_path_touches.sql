-- One row per (conversion, touchpoint) of a path that is due: the touches a
-- conversion can thank, numbered in path order. A conversion without a touch is one row whose
-- touch is NULL and whose path_length is 0.
{%- set lookback_days = lookback_limit() %}
{%- set half_life_days = number_setting('half_life_days', above=0) %}
{%- set path_policies = ['independent', 'since_previous_conversion'] %}
{%- set starts_anew = choice_setting('path_policy', path_policies) != 'independent' %}
{#- Counted from the conversion, weights stay above 2^-50 while the window is at
    most 50 half-lives long; beyond, they are counted from the path's last touch,
    which then weighs 1, so that a path's weights can never all vanish. The
    credits are the same: a common factor cancels. -#}
{%- set weighs_by_age = lookback_days is not none and lookback_days <= 50 * half_life_days %}
{#- All are due where no credits are stored: no need to look each of them up. -#}
{%- set all_are_due = stored_credits_state() is none %}
{#- Before this no touch can matter, and most are. -#}
{%- set first_due_at = none if all_are_due or lookback_days is none else run_query(
    'select cast(min(conversions.converted_at) as ' ~ dbt.type_string() ~ ') from '
    ~ ref('int_conversions') ~ ' as conversions inner join '
    ~ ref('int_due_conversions') ~ ' as due'
    ~ ' on conversions.conversion_id = due.conversion_id'
).rows[0][0] %}
-- depends_on: {{ ref('int_due_conversions') }}
with

conversions as (

    select
        conversions.conversion_id,
        conversions.customer_id,
        conversions.jackknife_group,
        conversions.conversion_value,
        conversions.conversion_month,
        conversions.converted_at,
        conversions.previous_converted_at
    from {{ ref('int_conversions') }} as conversions
    {%- if not all_are_due %}
    inner join {{ ref('int_due_conversions') }} as due
        on conversions.conversion_id = due.conversion_id
    {%- endif %}

),

touchpoints as (

    select
        touchpoint_id,
        customer_id,
        channel,
        campaign,
        is_direct,
        touched_at
    from {{ ref('stg_touchpoints') }}
    {%- if first_due_at is not none %}
    where touched_at >= {{ days_before("timestamp '" ~ first_due_at ~ "'", lookback_days) }}
    {%- endif %}

),

touches_in_window as (

    select
        conversions.conversion_id,
        touchpoints.touchpoint_id,
        conversions.customer_id,
        conversions.jackknife_group,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.is_direct,
        conversions.conversion_value,
        conversions.conversion_month,
        touchpoints.touched_at,
        conversions.converted_at,
        conversions.previous_converted_at
    from conversions
    left join touchpoints
        on conversions.customer_id = touchpoints.customer_id
        {%- if starts_anew %}
        and coalesce(conversions.previous_converted_at < touchpoints.touched_at, true)
        {%- endif %}
        {%- if lookback_days is not none %}
        and touchpoints.touched_at >= {{ days_before('conversions.converted_at', lookback_days) }}
        {%- endif %}
        and conversions.converted_at >= touchpoints.touched_at

),

{{ path_ctes(['conversion_id'], half_life_days, weighs_by_age) }}

select * from numbered
