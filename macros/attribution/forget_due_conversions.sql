{% macro forget_due_conversions(credits) %}
{#-
    Statement that deletes from the relation `credits` what does not stand: the
    conversions of int_due_conversions, or all where it is not known under which
    settings they were computed. Stops the run where it does not build what says which
    they are: that of another run speaks of other credits, or of other settings.
-#}
    {%- set due = ref('int_due_conversions') -%}
    {%- set missing = [] -%}
    {%- for name in [
        'int_conversions', 'int_touch_history', 'int_due_conversions', 'int_path_touches',
    ] -%}
        {%- set node = project_node(name) -%}
        {%- if node and node.unique_id not in selected_resources -%}
            {%- do missing.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error(
            'touchpoint_credits goes by what the same run finds due; this one does not '
            ~ 'build ' ~ missing | join(', ') ~ '. Select +touchpoint_credits.') }}
    {%- endif -%}
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
