-- One row per attribution model: every mart has rows of each, credits or not.
-- Data-driven models are there when they have been fitted.
with

shares as (

    select distinct attribution_model
    from {{ ref('int_data_driven_shares') }}

),

attribution_models as (

    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    union all
    {%- endfor %}
    select attribution_model from shares

)

select * from attribution_models
