"""Shapley values of channels, from the sets of channels that journeys touched.

A coalition S of channels is worth v(S); a channel earns the average of what it adds
over all orders in which channels can join.  Three value functions carry this name in
the field:

subset_rate     conversions of journeys inside S over journeys inside S
exact_rate      conversions of journeys of exactly S over journeys of exactly S
subset_count    conversions of journeys inside S

and the same with value in place of conversions.  Exact up to 16 channels, by
sampling permutations beyond.  Shapley (1953); Zhao, Mahboobi & Bagheri, "Shapley
value methods for attribution modeling in online advertising" (2018); sampling:
Castro, Gomez & Tejada (2009).
"""

import math

import edge_arrays  # (first: see there)
import numpy as np
from threadpoolctl import threadpool_limits

EXACT_UP_TO = 16
# Channel numbers fit into four words of sixty bits.
WORDS = ["channels_1", "channels_2", "channels_3", "channels_4"]
BITS = 60
MOST_CHANNELS = BITS * len(WORDS)
MEASURES = ["journeys", "conversions", "conversion_value"]
VALUE_FUNCTIONS = ["subset_rate", "exact_rate", "subset_count"]


def worth(journeys, gains, value_function):
    """v of coalitions from what lies inside (or is exactly) each of them.

    Arguments:
        journeys: (...,) journeys of each coalition.
        gains: (..., 2) their conversions and value.
        value_function: subset_rate, exact_rate or subset_count.
    """
    if value_function == "subset_count":
        return gains
    some = journeys > 0
    return np.where(
        some[..., None], gains / np.where(some, journeys, 1.0)[..., None], 0.0
    )


def exact_values(members, totals, value_function):
    """Shapley values by the sum over all coalitions.

    Arguments:
        members: (n_sets, n_channels) bool, the channels of each set of journeys.
        totals: (n_sets, n_fits, 3) journeys, conversions and value of each set.
        value_function: as above.

    Returns:
        (n_fits, n_channels, 2) values for conversions and for value.
    """
    n_channels = members.shape[1]
    coalitions = np.arange(2**n_channels)
    place = members @ (1 << np.arange(n_channels))
    inside = np.zeros((2**n_channels, *totals.shape[1:]))
    np.add.at(inside, place, totals)
    if value_function != "exact_rate":
        # Sum over subsets, one channel at a time.
        for channel in range(n_channels):
            holding = coalitions[(coalitions >> channel) & 1 == 1]
            inside[holding] += inside[holding ^ (1 << channel)]
    value = worth(inside[..., 0], inside[..., 1:], value_function)
    value[0] = 0.0
    size = np.array([bin(coalition).count("1") for coalition in coalitions])
    weight = np.array(
        [
            1.0 / (n_channels * math.comb(n_channels - 1, others))
            for others in range(n_channels)
        ]
    )
    result = np.zeros((totals.shape[1], n_channels, 2))
    for channel in range(n_channels):
        lacking = coalitions[(coalitions >> channel) & 1 == 0]
        gain = value[lacking | (1 << channel)] - value[lacking]
        result[:, channel] = np.einsum("s,sfv->fv", weight[size[lacking]], gain)
    return result


def sampled_values(members, totals, value_function, permutations, seed):
    """Shapley values by sampling orders of joining, each with its reverse.

    Arguments and result as of `exact_values`; also the standard error of the
    sampling, (n_channels, 2), of the first fit.  `permutations` is rounded up to
    whole pairs; every fit sees the same orders.
    """
    n_sets, n_channels = members.shape
    n_fits = totals.shape[1]
    set_sizes = members.sum(axis=1)
    flat = totals.reshape(n_sets, -1)
    random = np.random.default_rng(seed)
    pairs = max(2, math.ceil(permutations / 2))
    mean = np.zeros((n_fits, n_channels, 2))
    # Welford's update, for the first fit.
    squares = np.zeros((n_channels, 2))
    for pair in range(pairs):
        order = random.permutation(n_channels)
        both = np.zeros((n_fits, n_channels, 2))
        for joining in (order, order[::-1]):
            rank = np.empty(n_channels, dtype=int)
            rank[joining] = np.arange(n_channels)
            # The channel that completes each set.
            last = np.where(members, rank, -1).max(axis=1)
            if value_function == "exact_rate":
                whole = set_sizes == last + 1
                inside = np.zeros((n_channels, flat.shape[1]))
                np.add.at(inside, last[whole], flat[whole])
            else:
                inside = np.zeros((n_channels, flat.shape[1]))
                np.add.at(inside, last, flat)
                inside = inside.cumsum(axis=0)
            inside = inside.reshape(n_channels, n_fits, 3)
            value = worth(inside[..., 0], inside[..., 1:], value_function)
            gain = np.diff(value, axis=0, prepend=0.0)
            both[:, joining] += gain.transpose(1, 0, 2) / 2
        before = both[0] - mean[0]
        mean += (both - mean) / (pair + 1)
        squares += before * (both[0] - mean[0])
    std_error = np.sqrt(squares / (pairs - 1) / pairs)
    return mean, std_error


def all_fits(channel_sets, n_channels):
    """Sets of channels, and what they add up to with everyone and without each group.

    Returns:
        members (n_sets, n_channels) bool; totals (n_sets, 1 + n_groups, 3) of
        journeys, conversions and value; the groups (n_groups,).
    """
    words = np.column_stack([channel_sets[name] for name in WORDS])
    in_order = np.lexsort(words.T[::-1])
    words = words[in_order]
    is_new = np.ones(len(words), dtype=bool)
    is_new[1:] = (words[1:] != words[:-1]).any(axis=1)
    place = np.cumsum(is_new) - 1
    numbers = np.arange(n_channels)
    members = (words[is_new][:, numbers // BITS] >> (numbers % BITS) & 1).astype(bool)

    groups, group_place = np.unique(
        channel_sets["jackknife_group"][in_order], return_inverse=True
    )
    measured = np.column_stack([channel_sets[name] for name in MEASURES])[in_order]
    # Whole numbers (cents), so that what is left without a group is exact.
    measured = np.rint(measured * [1, 1, 100])
    grouped = np.zeros((len(groups), len(members), len(MEASURES)))
    np.add.at(grouped, (group_place, place), measured)
    totals = edge_arrays.with_left_out(grouped).transpose(1, 0, 2)
    return members, totals / [1, 1, 100], groups


def shapley_values(channels, channel_sets, permutations, seed):
    """Shapley values from all journeys, and from all but each group of customers.

    Arguments:
        channels: dict of arrays channel and channel_number (0, 1, ...).
        channel_sets: dict of arrays jackknife_group, channels_1 to channels_4 (bits
            of the channel numbers), journeys, conversions, conversion_value.
        permutations: orders to sample beyond 16 channels.
        seed: of the sampling.

    Returns:
        dict of arrays with one row a value_function, left_out_group (masked: none),
        channel: shapley_value (conversions a journey, or conversions for
        subset_count), value_shapley_value (the same in money), and the standard
        error of the sampling, 0 where exact.  Values are NaN beyond 240 channels.
    """
    names = channels["channel"][np.argsort(channels["channel_number"])]
    n_channels = len(names)
    can_tell = n_channels <= MOST_CHANNELS
    members, totals, groups = all_fits(channel_sets, n_channels if can_tell else 0)
    n_fits = totals.shape[1]
    values = np.full((len(VALUE_FUNCTIONS), n_fits, n_channels, 2), np.nan)
    std_errors = np.zeros(values.shape)
    for place, value_function in enumerate(VALUE_FUNCTIONS):
        if can_tell and n_channels <= EXACT_UP_TO:
            values[place] = exact_values(members, totals, value_function)
        elif can_tell:
            values[place], std_errors[place] = sampled_values(
                members, totals, value_function, permutations, seed
            )
    left_out = edge_arrays.left_out_groups(groups, n_channels)
    return {
        "value_function": np.repeat(
            np.array(VALUE_FUNCTIONS, dtype=object), n_fits * n_channels
        ),
        "left_out_group": np.ma.concatenate([left_out] * len(VALUE_FUNCTIONS)),
        "channel": np.tile(names, len(VALUE_FUNCTIONS) * n_fits),
        "shapley_value": values[..., 0].ravel(),
        "value_shapley_value": values[..., 1].ravel(),
        "sampling_std_error": std_errors[..., 0].ravel(),
        "value_sampling_std_error": std_errors[..., 1].ravel(),
    }


def model(dbt, session):
    """Read channel sets, return Shapley values."""
    channels = dbt.ref("int_journey_channels").fetchnumpy()
    channel_sets = dbt.ref("int_journey_channel_sets").fetchnumpy()
    with threadpool_limits(1):
        values = shapley_values(
            channels,
            channel_sets,
            int(dbt.config.meta_get("permutations")),
            int(dbt.config.meta_get("seed")),
        )
    return values
