{% macro p_value_correction() %}
{#- The setting p_value_correction: holm or benjamini_hochberg. -#}
    {{ return(choice_setting('p_value_correction', ['holm', 'benjamini_hochberg'])) }}
{% endmacro %}
