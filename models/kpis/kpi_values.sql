-- One row per (KPI, business month): its value, how it is judged, and where it is
-- heading.
with

definitions as (

    select
        kpi,
        label,
        unit,
        direction,
        warning_level,
        critical_level,
        trend_window
    from {{ ref('kpi_definitions') }}

),

business_metrics as (

    select *
    from {{ ref('int_business_metrics') }}

),

computed as (

    {%- for kpi in checked_kpis() %}
    select
        '{{ kpi.name }}' as kpi,
        period_start,
        is_complete,
        cast({{ kpi.sql }} as double) as value
    from business_metrics
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

dated as (

    select
        kpi,
        period_start,
        is_complete,
        value,
        extract(year from period_start) * 12 + extract(month from period_start)
            as month_number
    from computed

),

-- The months of each window, counted back from its last.
windows as (

    select
        dated.kpi,
        dated.period_start,
        earlier.value,
        cast(earlier.month_number - dated.month_number as double) as month_offset
    from dated
    inner join definitions
        on dated.kpi = definitions.kpi
    inner join dated as earlier
        on dated.kpi = earlier.kpi
        and dated.month_number - definitions.trend_window < earlier.month_number
        and dated.month_number >= earlier.month_number
    where earlier.value is not null

),

window_sums as (

    select
        kpi,
        period_start,
        count(*) as values_in_window,
        {{ stable_sum('value') }} as value_sum,
        {{ stable_sum('month_offset') }} as offset_sum,
        {{ stable_sum('month_offset * month_offset') }} as offset_square_sum,
        {{ stable_sum('month_offset * value') }} as product_sum
    from windows
    group by kpi, period_start

),

-- Slope of the least-squares line through a window, per month.
trends as (

    select
        kpi,
        period_start,
        values_in_window,
        value_sum / values_in_window as mean_value,
        (values_in_window * product_sum - offset_sum * value_sum)
        / nullif(values_in_window * offset_square_sum - offset_sum * offset_sum, 0e0)
            as slope
    from window_sums

),

compared as (

    select
        dated.kpi,
        dated.period_start,
        definitions.label,
        definitions.unit,
        definitions.direction,
        definitions.warning_level,
        definitions.critical_level,
        dated.is_complete,
        dated.value,
        lag(dated.value) over (
            partition by dated.kpi
            order by dated.period_start
        ) as previous_value,
        case
            when coalesce(trends.values_in_window, 0) < definitions.trend_window then null
            -- A hundredth of the level a month is no trend.
            when trends.slope > 0.01 * abs(trends.mean_value) then 'up'
            when trends.slope < -0.01 * abs(trends.mean_value) then 'down'
            else 'flat'
        end as trend
    from dated
    inner join definitions
        on dated.kpi = definitions.kpi
    left join trends
        on dated.kpi = trends.kpi
        and dated.period_start = trends.period_start

),

judged as (

    select
        kpi,
        period_start,
        label,
        unit,
        direction,
        case
            when warning_level is null then 'not_judged'
            when value is null then 'no_data'
            when direction = 'higher' and value < critical_level then 'critical'
            when direction = 'higher' and value < warning_level then 'warning'
            when direction = 'lower' and value > critical_level then 'critical'
            when direction = 'lower' and value > warning_level then 'warning'
            else 'ok'
        end as status,
        trend,
        is_complete,
        case
            when trend = 'up' then direction = 'higher'
            when trend = 'down' then direction = 'lower'
        end as trend_is_good,
        value,
        previous_value,
        100e0 * (value - previous_value) / nullif(abs(previous_value), 0e0) as change_pct
    from compared

)

select * from judged
