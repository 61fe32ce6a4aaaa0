"""Removal effects of a Markov chain over customer journeys, solved exactly.

The chain's states are the last one to three channels of a journey; what is removed
with a channel is every state that holds it, so that journeys which would have come
there are lost.  Reads transition counts, not journeys: the work does not grow with
the number of touches.

Anderl, Becker, von Wangenheim & Schumann, "Mapping the customer journey", IJRM
(2016).
"""

import edge_arrays  # (first: see there)
import numpy as np
from threadpoolctl import threadpool_limits

STATE = ["state_1", "state_2", "state_3"]
# Chains of more states are solved one by one, with sparse matrices: by following the
# journeys touch by touch until nothing changes, or, where that takes more than so many
# touches, by factorising.
MOST_DENSE_STATES = 128
MOST_TOUCHES = 1000
# What following may be off by, of the outcome itself.
TOLERANCE = 1e-13


class Chain:
    """The states of a chain, and where each transition leads.

    Arguments:
        transitions: list of (state_1, the latest channel, state_2, state_3,
            next_channel, is_converted); a missing state_1 is the start, a missing
            next_channel the end of the journey.
    """

    def __init__(self, transitions):
        """Number the states; the start is state 0."""
        order = max([1] + [3 - state.count(None) for *state, _, _ in transitions])
        known = {(): 0}
        origins, targets = [], []
        for *state, following, _ in transitions:
            origin = tuple(channel for channel in state if channel is not None)
            origins.append(known.setdefault(origin, len(known)))
            if following is None:
                targets.append(-1)
            else:
                target = (following, *origin)[:order]
                targets.append(known.setdefault(target, len(known)))
        self.origins = np.array(origins, dtype=int)
        self.targets = np.array(targets, dtype=int)
        self.converts = np.array([row[-1] for row in transitions], dtype=bool)
        self.size = len(known)
        self.channels = sorted({channel for state in known for channel in state})
        # States that are there with every channel, and without each.
        self.kept = np.array(
            [[True for _ in known]]
            + [[channel not in state for state in known] for channel in self.channels]
        )

    def outcomes(self, counts, values):
        """What a journey comes to, with every channel and without each.

        Arguments:
            counts: (n_fits, n_transitions) how often each transition was taken.
            values: (n_fits, n_transitions) value of the conversions among them.

        Returns:
            (n_fits, 1 + n_channels, 2) probability of a conversion and value per
            journey: with every channel, then without each.
        """
        n_fits = len(counts)
        every_fit = slice(None)
        totals = np.zeros((n_fits, self.size))
        np.add.at(totals, (every_fit, self.origins), counts)
        totals = totals[:, self.origins]
        share, worth = (
            np.divide(taken, totals, out=np.zeros(totals.shape), where=totals > 0)
            for taken in (counts, values)
        )
        won = self.converts
        ends = np.zeros((n_fits, self.size, 2))
        np.add.at(ends, (every_fit, self.origins[won], 0), share[:, won])
        np.add.at(ends, (every_fit, self.origins[won], 1), worth[:, won])
        inner = self.targets >= 0
        is_small = self.size <= MOST_DENSE_STATES
        solve = self._solve_densely if is_small else self._solve_sparsely
        return solve(self.origins[inner], self.targets[inner], share[:, inner], ends)

    def _solve_densely(self, origins, targets, share, ends):
        """Expected conversions and value from the start, all fits at once."""
        steps = np.zeros((len(ends), self.size, self.size))
        np.add.at(steps, (slice(None), origins, targets), share)
        # What no step leads to does not count: no need to take its own steps out.
        found = [
            np.linalg.solve(np.eye(self.size) - steps * kept, ends)[:, 0]
            for kept in self.kept
        ]
        return np.stack(found, axis=1)

    def _solve_sparsely(self, origins, targets, share, ends):
        """The same fit by fit, with matrices that hold the transitions only."""
        import edge_basics  # noqa: F401  (first: see there)
        from scipy.sparse import csr_matrix

        found = np.zeros((len(ends), len(self.kept), 2))
        for fit in range(len(ends)):
            steps = csr_matrix(
                (share[fit], (origins, targets)), shape=(self.size, self.size)
            )
            followed = self._follow(steps, ends[fit])
            if followed is None:
                followed = self._factorise(steps, ends[fit])
            found[fit] = followed
        return found

    def _follow(self, steps, ends):
        """Outcomes of one fit, touch by touch; None where that takes too many touches.

        With every channel and without each at once: dense products, where factors of
        a chain in which every channel follows every other fill up.  Expected touches
        to the end of a journey are followed beside the outcomes, because no outcome is
        off by more than the largest of them times its own last change (the steps are
        not negative; those without a channel are some of those with all).
        """
        passes = np.column_stack(
            [np.repeat(self.kept.T, 2, axis=1), np.ones(self.size)]
        ).astype(float)
        arrived = np.column_stack(
            [np.tile(ends, (1, len(self.kept))), np.ones(self.size)]
        )
        ahead = arrived
        for _ in range(MOST_TOUCHES):
            before, ahead = ahead, arrived + steps @ (ahead * passes)
            change = np.abs(ahead - before).max(axis=0)
            if change[-1] > 0.5:
                continue
            # Changing by half a touch at most, at least half of them are counted.
            off = 2 * ahead[:, -1].max() * change[:-1].reshape(-1, 2)
            found = ahead[0, :-1].reshape(-1, 2)
            if (off <= TOLERANCE * np.abs(found[0])).all():
                return found
        return None

    def _factorise(self, steps, ends):
        """Outcomes of one fit, by factors of what is left without each channel."""
        import edge_basics  # noqa: F401  (first: see there)
        from scipy.sparse import identity
        from scipy.sparse.linalg import splu

        found = np.zeros((len(self.kept), 2))
        for place, kept in enumerate(self.kept):
            inside = steps[kept][:, kept]
            system = (identity(inside.shape[0], format="csr") - inside).tocsc()
            found[place] = splu(system).solve(ends[kept])[0]
        return found


def removal_effects(transitions):
    """Removal effects from all journeys, and from all but each group of customers.

    Arguments:
        transitions: dict of arrays jackknife_group, state_1, state_2, state_3,
            next_channel, is_converted, transitions (count) and conversion_value, with
            any number of rows a transition.

    Returns:
        dict of arrays with one row a left_out_group (masked: none) and channel:
        removal_effect and value_removal_effect (shares, 0 to 1; a channel that only
        occurs with negative value may fall outside), and the chain's
        conversion_probability and value_per_journey with every channel.  Effects
        are NaN where nothing converts, or where conversions are worth nothing.
    """
    names = [edge_arrays.texts(transitions[name]) for name in [*STATE, "next_channel"]]
    keys = list(zip(*names, transitions["is_converted"].tolist(), strict=True))
    by_text = sorted(
        set(keys), key=lambda key: [(part is not None, part) for part in key]
    )
    chain = Chain(by_text)
    places = {key: place for place, key in enumerate(by_text)}
    place = np.array([places[key] for key in keys], dtype=int)
    groups, group_place = np.unique(transitions["jackknife_group"], return_inverse=True)
    # Whole numbers (cents), so that what is left without a group is exact.
    measured = np.column_stack(
        [transitions["transitions"], np.rint(transitions["conversion_value"] * 100)]
    ).astype(float)
    grouped = np.zeros((len(groups), len(by_text), 2))
    np.add.at(grouped, (group_place, place), measured)
    fits = edge_arrays.with_left_out(grouped)
    outcomes = chain.outcomes(fits[..., 0], fits[..., 1] / 100)
    # Rounding must not carry a probability beyond 1, nor beyond that of all channels.
    chances = outcomes[..., 0]
    np.clip(chances, 0.0, 1.0, out=chances)
    np.minimum(chances, chances[:, :1], out=chances)

    # Whether anything is won: counted, because what cancels out is solved to no zero.
    won = np.stack([fits[:, chain.converts, 0].sum(1), fits[..., 1].sum(1)], axis=-1)
    everything, without = outcomes[:, :1], outcomes[:, 1:]
    kept = np.divide(
        without,
        everything,
        out=np.full(without.shape, np.nan),
        where=(won[:, None] > 0) & (everything > 0),
    )
    everything = np.broadcast_to(everything, without.shape)
    n_channels = len(chain.channels)
    return {
        "left_out_group": edge_arrays.left_out_groups(groups, n_channels),
        "channel": np.array(chain.channels * len(fits), dtype=object),
        "removal_effect": 1.0 - kept[..., 0].ravel(),
        "value_removal_effect": 1.0 - kept[..., 1].ravel(),
        "conversion_probability": everything[..., 0].ravel(),
        "value_per_journey": everything[..., 1].ravel(),
    }


def model(dbt, session):
    """Read transition counts, return removal effects."""
    transitions = dbt.ref("int_journey_transitions").fetchnumpy()
    with threadpool_limits(1):
        effects = removal_effects(transitions)
    return effects
