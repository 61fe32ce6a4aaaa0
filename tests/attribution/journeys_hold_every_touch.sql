-- Without transforms and with every order a conversion, each touch is in one
-- journey, and each journey has one first and one last touch.
{%- set is_whole = not boolean_setting('exclude_direct')
    and not boolean_setting('collapse_repeats')
    and choice_setting('conversion_scope', ['all_orders', 'first_orders']) == 'all_orders' %}
with

journey_touches as (

    select
        count(*) as touches,
        sum(case when touch_position = 1 then 1 else 0 end) as first_touches,
        sum(case when is_last then 1 else 0 end) as last_touches
    from {{ ref('int_journey_touches') }}

),

touchpoints as (

    select count(*) as touches
    from {{ ref('stg_touchpoints') }}

)

select
    journey_touches.*,
    touchpoints.touches as all_touches
from journey_touches
cross join touchpoints
where
    journey_touches.first_touches <> journey_touches.last_touches
    {%- if is_whole %}
    or journey_touches.touches <> touchpoints.touches
    {%- endif %}
