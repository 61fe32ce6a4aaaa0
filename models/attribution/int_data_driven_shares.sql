-- One row per (data-driven attribution model, left-out customer group, channel):
-- the channel's share of attributed conversions and revenue; no group left out is
-- the model itself. NULL where the model cannot tell.
{%- set value_function = choice_setting(
    'shapley_value_function', ['subset_rate', 'exact_rate', 'subset_count']) %}
with

removals as (

    {{ edge_rows('ml_markov_removals', [
        ('left_out_group', 'integer'),
        ('channel', 'string'),
        ('removal_effect', 'double'),
        ('value_removal_effect', 'double'),
    ]) | indent(4) }}

),

shapley_values as (

    {{ edge_rows('ml_shapley_values', [
        ('value_function', 'string'),
        ('left_out_group', 'integer'),
        ('channel', 'string'),
        ('shapley_value', 'double'),
        ('value_shapley_value', 'double'),
        ('sampling_std_error', 'double'),
    ]) | indent(4) }}

),

worths as (

    select
        'markov' as attribution_model,
        left_out_group,
        channel,
        removal_effect as conversion_worth,
        value_removal_effect as revenue_worth,
        0e0 as sampling_std_error
    from removals

    union all

    select
        'shapley' as attribution_model,
        left_out_group,
        channel,
        shapley_value as conversion_worth,
        value_shapley_value as revenue_worth,
        sampling_std_error
    from shapley_values
    where value_function = '{{ value_function }}'

),

-- A worth of 1e-17 is a zero that rounding has touched.
cleaned as (

    select
        attribution_model,
        left_out_group,
        channel,
        case when abs(conversion_worth) < 1e-12 then 0e0 else conversion_worth end
            as conversion_worth,
        case when abs(revenue_worth) < 1e-12 then 0e0 else revenue_worth end
            as revenue_worth,
        sampling_std_error
    from worths

),

shares as (

    select
        attribution_model,
        left_out_group,
        channel,
        {{ share_of_worth('conversion_worth', ['attribution_model', 'left_out_group']) }}
            as conversion_share,
        -- Worthless conversions are shared like their number.
        coalesce(
            {{ share_of_worth('revenue_worth', ['attribution_model', 'left_out_group']) }},
            {{ share_of_worth('conversion_worth', ['attribution_model', 'left_out_group']) }}
        ) as revenue_share,
        case
            when sampling_std_error = 0e0 then 0e0
            else sampling_std_error / nullif(
                {{ stable_sum(
                    'conversion_worth',
                    over='partition by attribution_model, left_out_group',
                    decimals=18
                ) }},
                0e0
            )
        end as sampling_share_std_error
    from cleaned

)

select * from shares
