{% macro forecast_attribution_model() %}
{#-
    The setting forecast_attribution_model: the model whose credits make up the
    channels' revenue.  Errors: none of attribution_models().
-#}
    {{ return(choice_setting('forecast_attribution_model', attribution_models())) }}
{% endmacro %}
