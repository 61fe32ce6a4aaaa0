-- Under every model the credits of a conversion sum to 1.
select
    conversion_id,
    {%- for model in attribution_models() %}
    sum(credit_{{ model }}) as {{ model }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('touchpoint_credits') }}
group by conversion_id
having
    {%- for model in attribution_models() %}
    not abs(sum(credit_{{ model }}) - 1) <= 1e-9
    {{- ' or' if not loop.last }}
    {%- endfor %}
