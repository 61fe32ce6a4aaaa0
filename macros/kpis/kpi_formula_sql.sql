{% macro kpi_formula_sql(name, formula) %}
{#-
    A KPI formula as SQL in which no denominator can be 0: x / y becomes
    x / nullif(y, 0), whatever y is (a column, a number, a bracket, a function).

    Errors: a word that is neither a column of int_business_metrics nor a known
    function, a character that arithmetic has no use for, unbalanced brackets.
-#}
    {%- set functions = ['abs', 'coalesce', 'greatest', 'least', 'nullif', 'round', 'sqrt'] -%}
    {%- set columns = business_metric_columns() -%}
    {%- set tokens = modules.re.findall(
        '[A-Za-z_][A-Za-z0-9_]*|[0-9]+[.]?[0-9]*|[.][0-9]+|[^ \t\r\n]', formula) -%}
    {%- set before, after, open = {}, {}, [] -%}
    {%- set closing = {} -%}
    {%- for token in tokens -%}
        {%- set is_call = not loop.last and tokens[loop.index] == '(' -%}
        {%- if modules.re.match('[A-Za-z_]', token) -%}
            {%- if is_call and token | lower not in functions -%}
                {{ raise_kpi_error(name, "uses the function '" ~ token
                    ~ "', but formulas know only: " ~ (functions | join(', '))) }}
            {%- elif not is_call and columns and token not in columns -%}
                {{ raise_kpi_error(name, "uses the column '" ~ token
                    ~ "', which int_business_metrics does not have; its columns are: "
                    ~ (columns | join(', '))) }}
            {%- endif -%}
        {%- elif token == '(' -%}
            {%- do open.append(loop.index0) -%}
        {%- elif token == ')' -%}
            {%- if not open -%}
                {{ raise_kpi_error(name, 'has a bracket in its formula that is never opened') }}
            {%- endif -%}
            {%- do closing.update({open.pop(): loop.index0}) -%}
        {%- elif token not in ['+', '-', '*', '/', ','] and not modules.re.match('[0-9.]', token) -%}
            {{ raise_kpi_error(name, "has '" ~ token
                ~ "' in its formula, which is not arithmetic") }}
        {%- endif -%}
    {%- endfor -%}
    {%- if open -%}
        {{ raise_kpi_error(name, 'has a bracket in its formula that is never closed') }}
    {%- endif -%}
    {%- for token in tokens -%}
        {%- if token == '/' -%}
            {%- set start = loop.index -%}
            {%- if start >= tokens | length or tokens[start] in ['+', '*', '/', ')', ','] -%}
                {{ raise_kpi_error(name, 'divides by nothing in its formula') }}
            {%- endif -%}
            {%- set signed = start + 1 if tokens[start] == '-' else start -%}
            {%- if tokens[signed] == '(' -%}
                {%- set end = closing[signed] -%}
            {%- elif signed + 1 < tokens | length and tokens[signed + 1] == '(' -%}
                {%- set end = closing[signed + 1] -%}
            {%- else -%}
                {%- set end = signed -%}
            {%- endif -%}
            {%- do before.update({start: before.get(start, '') ~ 'nullif('}) -%}
            {%- do after.update({end: after.get(end, '') ~ ', 0)'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for token in tokens -%}
        {%- do parts.append(before.get(loop.index0, '') ~ token ~ after.get(loop.index0, '')) -%}
    {%- endfor -%}
    {{ return(parts | join(' ')) }}
{% endmacro %}
