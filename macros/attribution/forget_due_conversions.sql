{% macro forget_due_conversions(credits) %}
{#-
    Statement that deletes from the relation `credits` the conversions that are about
    to be computed anew and those that are no longer conversions.
-#}
    {%- set due = ref('int_due_conversions') -%}
    {%- set conversions = ref('int_conversions') -%}
    {%- if not is_incremental() -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(
        'delete from ' ~ credits
        ~ ' where conversion_id in (select conversion_id from '
        ~ due ~ ')'
        ~ ' or conversion_id not in (select conversion_id from '
        ~ conversions ~ ')'
    ) }}
{% endmacro %}
