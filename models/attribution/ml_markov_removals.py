"""Removal effects of a Markov chain over customer journeys, solved exactly.

The chain's states are the last one to three channels of a journey; what is removed
with a channel is every state that holds it, so that journeys which would have come
there are lost.  Reads transition counts, not journeys: the work does not grow with
the number of touches.

Anderl, Becker, von Wangenheim & Schumann, "Mapping the customer journey", IJRM
(2016).
"""

import edge_basics  # noqa: F401  (first: see there)
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, identity
from scipy.sparse.linalg import splu
from threadpoolctl import threadpool_limits

STATE = ["state_1", "state_2", "state_3"]
COLUMNS = {
    "left_out_group": "Int64",
    "channel": "object",
    "removal_effect": "float64",
    "value_removal_effect": "float64",
    "conversion_probability": "float64",
    "value_per_journey": "float64",
}


class Chain:
    """The states of a chain, and where each transition leads.

    Arguments:
        transitions: DataFrame with state_1 (latest), state_2, state_3, next_channel,
            is_converted and any number of rows a transition; a missing state_1 is
            the start, a missing next_channel the end of the journey.
    """

    def __init__(self, transitions):
        """Number the states; the start is state 0."""
        order = 3 - int(transitions["state_3"].isna().all())
        if order == 2 and transitions["state_2"].isna().all():
            order = 1
        known = {(): 0}
        rows = transitions[[*STATE, "next_channel"]].astype(object)
        rows = rows.where(rows.notna(), None)
        origins, targets = [], []
        for *state, following in rows.itertuples(index=False):
            origin = tuple(channel for channel in state[:order] if channel is not None)
            origins.append(known.setdefault(origin, len(known)))
            if following is None:
                targets.append(-1)
            else:
                target = (following, *origin)[:order]
                targets.append(known.setdefault(target, len(known)))
        self.origins = np.array(origins, dtype=int)
        self.targets = np.array(targets, dtype=int)
        self.converts = transitions["is_converted"].to_numpy(dtype=bool)
        self.size = len(known)
        self.channels = sorted({channel for state in known for channel in state})
        # States that go when a channel goes.
        self.holders = {
            channel: np.array([channel in state for state in known])
            for channel in self.channels
        }

    def outcome(self, counts, values):
        """What a journey comes to, with every channel and without each.

        Arguments:
            counts: (n_transitions,) how often each transition was taken.
            values: (n_transitions,) value of the conversions among them.

        Returns:
            (conversion probability, value per journey) from the start, and a dict
            channel -> the same pair with the channel removed.
        """
        totals = np.bincount(self.origins, weights=counts, minlength=self.size)
        share = np.zeros(len(counts))
        taken = counts > 0
        share[taken] = counts[taken] / totals[self.origins[taken]]
        inner = (self.targets >= 0) & taken
        steps = csr_matrix(
            (share[inner], (self.origins[inner], self.targets[inner])),
            shape=(self.size, self.size),
        )
        ends = np.zeros((self.size, 2))
        won = self.converts & taken
        np.add.at(ends[:, 0], self.origins[won], share[won])
        np.add.at(
            ends[:, 1], self.origins[won], values[won] / totals[self.origins[won]]
        )
        everything = self._from_start(steps, ends, np.ones(self.size, dtype=bool))
        without = {
            channel: self._from_start(steps, ends, ~self.holders[channel])
            for channel in self.channels
        }
        return everything, without

    @staticmethod
    def _from_start(steps, ends, kept):
        """Expected conversions and value from the start, through kept states only."""
        inside = steps[kept][:, kept]
        system = (identity(inside.shape[0], format="csr") - inside).tocsc()
        return splu(system).solve(ends[kept])[0]


def effect(without, everything):
    """Share of `everything` that is lost; NaN where there is nothing to lose."""
    return 1.0 - without / everything if everything > 0 else float("nan")


def removal_effects(transitions):
    """Removal effects from all journeys, and from all but each group of customers.

    Arguments:
        transitions: DataFrame with jackknife_group, state_1, state_2, state_3,
            next_channel, is_converted, transitions (count) and conversion_value.

    Returns:
        DataFrame with one row a left_out_group (NA: none) and channel:
        removal_effect and value_removal_effect (shares, 0 to 1; a channel that
        only occurs with negative value may fall outside), and the chain's
        conversion_probability and value_per_journey with every channel.  Effects
        are NaN where nothing converts, or where conversions are worth nothing.
    """
    keys = [*STATE, "next_channel", "is_converted"]
    measures = ["transitions", "conversion_value"]
    if transitions.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    by_group = transitions.groupby(
        [*keys, "jackknife_group"], dropna=False, sort=True, as_index=False
    )[measures].sum()
    total = by_group.groupby(keys, dropna=False, sort=True, as_index=False)[
        measures
    ].sum()
    chain = Chain(total)
    counts = total["transitions"].to_numpy(dtype=float)
    cents = np.rint(total["conversion_value"].to_numpy(dtype=float) * 100)
    place = by_group.groupby(keys, dropna=False, sort=True).ngroup().to_numpy()

    rows = []
    groups = sorted(by_group["jackknife_group"].unique())
    for group in [None, *groups]:
        left, left_cents = counts.copy(), cents.copy()
        if group is not None:
            gone = (by_group["jackknife_group"] == group).to_numpy()
            np.subtract.at(
                left, place[gone], by_group["transitions"].to_numpy(dtype=float)[gone]
            )
            np.subtract.at(
                left_cents,
                place[gone],
                np.rint(by_group["conversion_value"].to_numpy(dtype=float)[gone] * 100),
            )
        everything, without = chain.outcome(left, left_cents / 100)
        for channel in chain.channels:
            rows.append(
                (
                    group,
                    channel,
                    effect(without[channel][0], everything[0]),
                    effect(without[channel][1], everything[1]),
                    everything[0],
                    everything[1],
                )
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def model(dbt, session):
    """Read transition counts, return removal effects."""
    transitions = dbt.ref("int_journey_transitions").df()
    with threadpool_limits(1):
        effects = removal_effects(transitions)
    return effects
