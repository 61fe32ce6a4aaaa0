{% macro remember_credits_state() %}
{#-
    Statement that writes credits_state(): what int_touch_history found before the
    credits were computed, and the settings in force.
-#}
    {%- set history = ref('int_touch_history') -%}
    {%- set state = credits_state() -%}
    {%- if state is none -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(keep_rows(
        state,
        'select '
        ~ "'" ~ path_settings() ~ '; ' ~ credit_settings() ~ "' as settings, "
        ~ 'history_until, touches, touches_checksum from ' ~ history
    )) }}
{% endmacro %}
