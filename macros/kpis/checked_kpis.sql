{% macro checked_kpis() %}
{#-
    The KPIs declared in the setting kpis, checked, with defaults filled in.

    Returns a list of dicts: name, label, unit, formula, sql (the formula with
    every denominator guarded), direction, warning, critical, trend_window.
    Errors, each one sentence: a missing or unknown key, a duplicate name, a
    formula with a column that int_business_metrics does not have, a direction
    or unit that does not exist, one threshold without the other, thresholds in
    the wrong order for the direction.
-#}
    {%- set known_keys = ['name', 'label', 'unit', 'formula', 'direction', 'warning',
        'critical', 'trend_window'] -%}
    {%- set kpis = [] -%}
    {%- set names = [] -%}
    {%- for kpi in var('kpis') or [] -%}
        {%- set name = (kpi['name'] | string) if kpi is mapping and kpi.get('name') else 'number ' ~ loop.index -%}
        {%- if kpi is not mapping -%}
            {{ raise_kpi_error(name, 'must be a list of keys and values') }}
        {%- endif -%}
        {%- for key in kpi -%}
            {%- if key not in known_keys -%}
                {{ raise_kpi_error(name, "has the unknown key '" ~ key ~ "'; known keys: "
                    ~ (known_keys | join(', '))) }}
            {%- endif -%}
        {%- endfor -%}
        {%- for key in ['name', 'unit', 'formula', 'direction'] -%}
            {%- if kpi.get(key) is none or kpi.get(key) | string | trim == '' -%}
                {{ raise_kpi_error(name, 'has no ' ~ key) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
            {{ raise_kpi_error(name, 'must have a name in snake case') }}
        {%- endif -%}
        {%- if name in names -%}
            {{ raise_kpi_error(name, 'is declared twice; names must differ') }}
        {%- endif -%}
        {%- do names.append(name) -%}
        {%- if kpi['unit'] not in ['usd', 'count', 'share', 'ratio'] -%}
            {{ raise_kpi_error(name, "has the unit '" ~ kpi['unit']
                ~ "', but units are: usd, count, share, ratio") }}
        {%- endif -%}
        {%- if kpi['direction'] not in ['higher', 'lower'] -%}
            {{ raise_kpi_error(name, "has the direction '" ~ kpi['direction']
                ~ "', but it must be higher or lower (which is better)") }}
        {%- endif -%}
        {%- set warning, critical = kpi.get('warning'), kpi.get('critical') -%}
        {%- if (warning is none) != (critical is none) -%}
            {{ raise_kpi_error(name, 'has only one of warning and critical; give both, or'
                ~ ' neither for a KPI that is not judged') }}
        {%- endif -%}
        {%- if warning is not none -%}
            {%- for threshold in [warning, critical] -%}
                {%- if threshold is boolean or threshold is not number -%}
                    {{ raise_kpi_error(name, "has the threshold '" ~ threshold
                        ~ "', which is not a number") }}
                {%- endif -%}
            {%- endfor -%}
            {%- if kpi['direction'] == 'higher' and warning < critical -%}
                {{ raise_kpi_error(name, 'is better when higher, so its warning level ('
                    ~ warning ~ ') must not lie below its critical level (' ~ critical ~ ')') }}
            {%- elif kpi['direction'] == 'lower' and warning > critical -%}
                {{ raise_kpi_error(name, 'is better when lower, so its warning level ('
                    ~ warning ~ ') must not lie above its critical level (' ~ critical ~ ')') }}
            {%- endif -%}
        {%- endif -%}
        {%- set trend_window = kpi.get('trend_window', 3) -%}
        {%- if trend_window is boolean or trend_window is not integer or trend_window < 2 -%}
            {{ raise_kpi_error(name, 'must have a trend_window of at least 2 months') }}
        {%- endif -%}
        {%- do kpis.append({
            'name': name,
            'label': kpi.get('label') or name | replace('_', ' ') | capitalize,
            'unit': kpi['unit'],
            'formula': kpi['formula'] | string,
            'sql': kpi_formula_sql(name, kpi['formula'] | string),
            'direction': kpi['direction'],
            'warning': warning,
            'critical': critical,
            'trend_window': trend_window,
        }) -%}
    {%- endfor -%}
    {%- if not kpis -%}
        {{ exceptions.raise_compiler_error('Setting kpis is empty; declare at least one KPI in vars.yml.') }}
    {%- endif -%}
    {{ return(kpis) }}
{% endmacro %}
