-- One row per (channel, value function): what the channel adds to a set of
-- channels on average, and its share of the whole.
with

shapley_values as (

    {{ edge_rows('ml_shapley_values', [
        ('value_function', 'string'),
        ('left_out_group', 'integer'),
        ('channel', 'string'),
        ('shapley_value', 'double'),
        ('value_shapley_value', 'double'),
        ('sampling_std_error', 'double'),
        ('value_sampling_std_error', 'double'),
    ]) | indent(4) }}

),

judged as (

    select
        channel,
        value_function,
        value_function = '{{ choice_setting(
            'shapley_value_function', ['subset_rate', 'exact_rate', 'subset_count']
        ) }}' as is_selected,
        shapley_value,
        sampling_std_error,
        {{ share_of_worth('shapley_value', ['value_function']) }} as conversion_share,
        value_shapley_value,
        value_sampling_std_error,
        {{ share_of_worth('value_shapley_value', ['value_function']) }} as revenue_share
    from shapley_values
    where left_out_group is null

)

select * from judged
