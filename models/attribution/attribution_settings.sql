-- One row per setting that changes what the attribution marts mean, as it stood
-- when they were built.
{%- set settings = [
    'lookback_days', 'half_life_days', 'path_policy', 'collapse_repeats',
    'exclude_direct', 'conversion_scope', 'conversion_value',
    'position_weights', 'markov_order', 'shapley_value_function',
    'shapley_permutations', 'random_seed', 'reallocation_step',
    'business_timezone', 'as_of',
] %}
with

settings as (

    {%- for setting in settings %}
    select
        '{{ setting }}' as setting,
        '{{ setting_as_json(setting) | replace("'", "''") | replace('"', '') }}' as value
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from settings
