-- One row per attribution model: every mart has rows of each, credits or not.
with

attribution_models as (

    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from attribution_models
