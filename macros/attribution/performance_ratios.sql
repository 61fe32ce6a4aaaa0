{% macro performance_ratios(partition_by) %}
{#-
    The ratios of a performance mart from its columns conversions, revenue and
    spend: roas (revenue per unit of spend), cpa (spend per conversion), and the
    shares of credit and of budget over `partition_by`.  NULL where a
    denominator is 0, and the shares where there is nothing to share out.
-#}
        revenue / nullif(spend, 0e0) as roas,
        spend / nullif(conversions, 0e0) as cpa,
        {{ share_of_total('conversions', partition_by) }} as credit_share,
        {{ share_of_total('spend', partition_by) }} as budget_share
{%- endmacro %}
