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

import edge_basics  # noqa: F401  (first: see there)
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

EXACT_UP_TO = 16
# Channel numbers fit into four words of sixty bits.
WORDS = ["channels_1", "channels_2", "channels_3", "channels_4"]
BITS = 60
MOST_CHANNELS = BITS * len(WORDS)
MEASURES = ["journeys", "conversions", "conversion_value"]
VALUE_FUNCTIONS = ["subset_rate", "exact_rate", "subset_count"]
COLUMNS = {
    "value_function": "object",
    "left_out_group": "Int64",
    "channel": "object",
    "shapley_value": "float64",
    "value_shapley_value": "float64",
    "sampling_std_error": "float64",
    "value_sampling_std_error": "float64",
}


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
        journeys, conversions and value.
    """
    by_set = channel_sets.sort_values([*WORDS, "jackknife_group"])
    words = by_set[WORDS].drop_duplicates()
    members = np.array(
        [
            [row[n // BITS] >> (n % BITS) & 1 for n in range(n_channels)]
            for row in words.itertuples(index=False)
        ],
        dtype=bool,
    )
    groups = np.unique(by_set["jackknife_group"].to_numpy())
    measured = by_set[MEASURES].to_numpy(dtype=float, copy=True)
    # Whole numbers (cents), so that what is left without a group is exact.
    measured[:, 2] = np.rint(measured[:, 2] * 100)
    grouped = np.zeros((len(words), len(groups), 3))
    place = by_set.groupby(WORDS, sort=True).ngroup().to_numpy()
    group_place = np.searchsorted(groups, by_set["jackknife_group"].to_numpy())
    np.add.at(grouped, (place, group_place), measured)
    everyone = grouped.sum(axis=1, keepdims=True)
    totals = np.concatenate([everyone, everyone - grouped], axis=1)
    totals[..., 2] /= 100
    return members, totals


def shapley_values(channels, channel_sets, permutations, seed):
    """Shapley values from all journeys, and from all but each group of customers.

    Arguments:
        channels: DataFrame with channel and channel_number (0, 1, ...).
        channel_sets: DataFrame with jackknife_group, channels_1 to channels_4 (bits
            of the channel numbers), journeys, conversions, conversion_value.
        permutations: orders to sample beyond 16 channels.
        seed: of the sampling.

    Returns:
        DataFrame with one row a value_function, left_out_group (NA: none), channel:
        shapley_value (conversions a journey, or conversions for subset_count),
        value_shapley_value (the same in money), and the standard error of the
        sampling, 0 where exact.  Values are NaN beyond 240 channels.
    """
    if channels.empty or channel_sets.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    names = channels.sort_values("channel_number")["channel"].tolist()
    n_channels = len(names)
    fits = [None, *sorted(channel_sets["jackknife_group"].unique())]
    if n_channels <= MOST_CHANNELS:
        members, totals = all_fits(channel_sets, n_channels)
    frames = []
    for value_function in VALUE_FUNCTIONS:
        std_error = np.zeros((n_channels, 2))
        if n_channels > MOST_CHANNELS:
            values = np.full((len(fits), n_channels, 2), np.nan)
        elif n_channels <= EXACT_UP_TO:
            values = exact_values(members, totals, value_function)
        else:
            values, std_error = sampled_values(
                members, totals, value_function, permutations, seed
            )
        frames.append(
            pd.DataFrame(
                {
                    "value_function": value_function,
                    "left_out_group": np.repeat(np.array(fits, object), n_channels),
                    "channel": names * len(fits),
                    "shapley_value": values[..., 0].ravel(),
                    "value_shapley_value": values[..., 1].ravel(),
                    "sampling_std_error": np.tile(std_error[:, 0], len(fits)),
                    "value_sampling_std_error": np.tile(std_error[:, 1], len(fits)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True).astype(COLUMNS)


def model(dbt, session):
    """Read channel sets, return Shapley values."""
    channels = dbt.ref("int_journey_channels").df()
    channel_sets = dbt.ref("int_journey_channel_sets").df()
    with threadpool_limits(1):
        values = shapley_values(
            channels,
            channel_sets,
            int(dbt.config.meta_get("permutations")),
            int(dbt.config.meta_get("seed")),
        )
    return values
