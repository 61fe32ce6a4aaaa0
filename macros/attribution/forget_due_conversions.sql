{% macro forget_due_conversions(credits) %}
{#-
    Statement that deletes from the relation `credits` what does not stand: the
    conversions of int_due_conversions, or all where it is not known under which
    settings they were computed.
-#}
    {%- set due = ref('int_due_conversions') -%}
    {%- if not is_incremental() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set all_are_due = stored_credits_state() is none -%}
    {{ return(
        'delete from ' ~ credits
        ~ ('' if all_are_due else
            ' where conversion_id in (select conversion_id from ' ~ due ~ ')')
    ) }}
{% endmacro %}
