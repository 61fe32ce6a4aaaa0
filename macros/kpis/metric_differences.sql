{% macro metric_differences() %}
{#-
    KPIs of vars.yml whose formula is not that of the semantic layer's metric of the
    same name, as a list of (KPI, its formula, formula of the metric). KPIs without a
    metric are fine. Empty while the project is only parsed.
-#}
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
            {%- set formula = (sides | join(' / ')) or params.expr or '' -%}
            {%- if formula | replace(' ', '') != kpi.formula | replace(' ', '') -%}
                {%- do differences.append((kpi.name, kpi.formula, formula)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(differences) }}
{% endmacro %}
