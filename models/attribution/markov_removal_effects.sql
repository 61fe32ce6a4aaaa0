-- One row per channel: what would be lost without it, under the Markov chain over
-- journeys, and its weight among all channels.
with

removals as (

    {{ edge_rows('ml_markov_removals', [
        ('left_out_group', 'integer'),
        ('channel', 'string'),
        ('removal_effect', 'double'),
        ('value_removal_effect', 'double'),
        ('conversion_probability', 'double'),
        ('value_per_journey', 'double'),
    ]) | indent(4) }}

),

shares as (

    select
        channel,
        conversion_share,
        revenue_share
    from {{ ref('int_data_driven_shares') }}
    where
        attribution_model = 'markov'
        and left_out_group is null

),

effects as (

    select
        removals.channel,
        removals.removal_effect,
        removals.value_removal_effect,
        shares.conversion_share as conversion_weight,
        shares.revenue_share as revenue_weight,
        removals.conversion_probability,
        removals.value_per_journey
    from removals
    inner join shares
        on removals.channel = shares.channel
    where removals.left_out_group is null

)

select * from effects
