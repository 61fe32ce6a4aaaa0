{% macro return_extra_kinds(orders) %}
{#-
    How each extra column of the orders relation `orders` is used: column ->
    categorical, numeric or date.

    A kind that the setting return_extra_features gives is taken as it is.  Otherwise
    a column of which at least 95 % of the values are dates is a date; one of which so
    many are numbers is numeric, unless its name says that it numbers things (it ends
    in id, code, number, no, sku or ean); everything else is categorical.  A column
    without any value is categorical.
-#}
{%- set kinds, asked = {}, [] -%}
{%- for feature in return_extra_features() -%}
    {%- set kind = 'categorical' if feature.kind == 'auto' else feature.kind -%}
    {%- do kinds.update({feature.column: kind}) -%}
    {%- if feature.kind == 'auto' -%}
        {%- do asked.append(feature) -%}
    {%- endif -%}
{%- endfor -%}
{#- Unit tests stand a CTE in for the model. -#}
{%- if execute and asked and not (orders.identifier or '').startswith('__dbt__cte__') -%}
    {%- set counts = [] -%}
    {%- for feature in asked -%}
        {%- set value = 'case when not ' ~ missing_text(feature.column) ~ ' then '
            ~ feature.column ~ ' end' -%}
        {%- do counts.append('count(' ~ value ~ ')') -%}
        {%- do counts.append('count(' ~ finite_number(value) ~ ')') -%}
        {%- do counts.append('count(' ~ plain_date(value) ~ ')') -%}
    {%- endfor -%}
    {%- set found = run_query('select ' ~ (counts | join(', ')) ~ ' from ' ~ orders).rows[0] -%}
    {%- for feature in asked -%}
        {%- set values, numbers, dates = found[3 * loop.index0] | int,
            found[3 * loop.index0 + 1] | int, found[3 * loop.index0 + 2] | int -%}
        {%- if values and dates >= 0.95 * values -%}
            {%- do kinds.update({feature.column: 'date'}) -%}
        {%- elif values and numbers >= 0.95 * values and not modules.re.search(
            '(^|_)(id|ids|code|number|no|nr|sku|ean)$|id$', feature.name) -%}
            {%- do kinds.update({feature.column: 'numeric'}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{{ return(kinds) }}
{% endmacro %}
