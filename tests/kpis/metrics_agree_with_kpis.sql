{{ config(severity='warn') }}
-- KPIs of vars.yml whose formula is not that of the semantic layer's metric of the
-- same name: one of the two wants the other's change. KPIs without a metric are fine.
{%- set differences = [] -%}
{%- if execute -%}
    {%- set metrics = {} -%}
    {%- for metric in graph.metrics.values() -%}
        {%- do metrics.update({metric.name: metric.type_params}) -%}
    {%- endfor -%}
    {%- for kpi in checked_kpis() if kpi.name in metrics -%}
        {%- set sides = [] -%}
        {%- set params = metrics[kpi.name] -%}
        {%- for side in [params.numerator, params.denominator] if side -%}
            {%- do sides.append(metrics[side.name].expr) -%}
        {%- endfor -%}
        {%- set formula = (sides | join('/')) or params.expr or '' -%}
        {%- if formula | replace(' ', '') != kpi.formula | string | replace(' ', '') -%}
            {%- do differences.append((kpi.name, kpi.formula, formula)) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif %}
with

differences as (

    {%- for kpi, formula, metric in differences or [('', '', '')] %}
    select
        '{{ kpi }}' as kpi,
        '{{ formula | replace("'", "''") }}' as kpi_formula,
        '{{ metric | replace("'", "''") }}' as metric_formula
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from differences
where kpi <> ''
