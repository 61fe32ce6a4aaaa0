{{ config(severity='warn') }}
-- KPIs of vars.yml whose formula is not that of the semantic layer's metric of the
-- same name: one of the two wants the other's change.
with

differences as (

    {%- for kpi, formula, metric_formula in metric_differences() or [('', '', '')] %}
    select
        '{{ kpi }}' as kpi,
        '{{ formula | replace("'", "''") }}' as formula,
        '{{ metric_formula | replace("'", "''") }}' as metric_formula
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from differences
where kpi <> ''
