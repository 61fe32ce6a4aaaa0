{{ config(severity='warn') }}
-- KPIs of vars.yml whose formula is not that of the semantic layer's metric of the
-- same name: one of the two wants the other's change.
with

differences as (

    {%- set found = metric_differences() or [('', '', '')] %}
    {%- for kpi, formula, metric_formula in found %}
    {%- set formula = formula | replace("'", "''") %}
    {%- set metric_formula = metric_formula | replace("'", "''") %}
    select
        '{{ kpi }}' as kpi,
        '{{ formula }}' as formula,
        '{{ metric_formula }}' as metric_formula
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from differences
where kpi <> ''
