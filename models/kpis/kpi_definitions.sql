-- One row per KPI: how it is named, computed and judged, as declared in vars.yml.
with

definitions as (

    {%- for kpi in checked_kpis() %}
    select
        '{{ kpi.name }}' as kpi,
        '{{ kpi.label | replace("'", "''") }}' as label,
        '{{ kpi.unit }}' as unit,
        '{{ kpi.formula | replace("'", "''") }}' as formula,
        '{{ kpi.direction }}' as direction,
        cast({{ 'null' if kpi.warning is none else kpi.warning }} as double)
            as warning_level,
        cast({{ 'null' if kpi.critical is none else kpi.critical }} as double)
            as critical_level,
        {{ kpi.trend_window }} as trend_window,
        {{ loop.index }} as display_order
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from definitions
