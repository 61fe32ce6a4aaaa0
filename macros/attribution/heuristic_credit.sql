{% macro heuristic_credit(model) %}
{#-
    Credit (double, 0 to 1) that the heuristic `model` gives the touch of a row of a
    numbered path: columns touchpoint_id, touch_position, path_length,
    last_non_direct_touchpoint_id, decay_weight and path_decay_weight. A conversion
    without a touch has one row of path_length 0, which takes all of it.
-#}
    {%- if model == 'first_touch' -%}
        case
            when path_length = 0 or touch_position = 1 then 1e0 else 0e0
        end
    {%- elif model == 'last_touch' -%}
        case
            when path_length = 0 or touch_position = path_length then 1e0 else 0e0
        end
    {%- elif model == 'last_non_direct' -%}
        case
            when path_length = 0 then 1e0
            when last_non_direct_touchpoint_id is null and touch_position = path_length
                then 1e0
            when touchpoint_id = last_non_direct_touchpoint_id then 1e0
            else 0e0
        end
    {%- elif model == 'linear' -%}
        case when path_length = 0 then 1e0 else 1e0 / path_length end
    {%- elif model == 'time_decay' -%}
        case
            when path_length <= 1 then 1e0
            -- The sum is rounded, so that a lone giant among dwarfs may exceed it.
            else least(decay_weight / path_decay_weight, 1e0)
        end
    {%- elif model == 'position_based' -%}
        case
            when path_length = 0 then 1e0
            else {{ position_based_credit('touch_position', 'path_length') }}
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('No heuristic attribution model ' ~ model) }}
    {%- endif -%}
{% endmacro %}
