"""Markov and Shapley attribution, computed the slow and plain way.

From the definitions, on lists of single journeys: chains are solved as dense systems
of equations, coalitions are counted one by one. Nothing here is shared with the SQL
or the Python edges that it judges.
"""

import itertools
import math
from collections import Counter, defaultdict
from fractions import Fraction

DAY = 86_400_000_000
DATA_DRIVEN = ("markov", "shapley")


class Journey:
    """The channels of a journey in order, and what it came to."""

    def __init__(self, customer, group, channels, converted, value):
        """Hold a journey; `value` is 0 where it did not convert."""
        self.customer, self.group = customer, group
        self.channels = channels
        self.converted, self.value = converted, value


def journeys_of(customer, group, touches, conversions, settings):
    """Journeys of a customer: touches up to each conversion, cut at long gaps.

    Arguments:
        touches: dicts with at, touchpoint_id, channel, is_direct.
        conversions: dicts with at, order_id, value.
    """
    lookback = settings["lookback_days"]
    longest_gap = math.inf if lookback is None else round(lookback * DAY)
    waiting = sorted(conversions, key=lambda one: (one["at"], one["order_id"]))
    rest = sorted(touches, key=lambda one: (one["at"], one["touchpoint_id"]))
    result = []

    def close(open_touches, conversion=None):
        kept = open_touches
        if settings["exclude_direct"]:
            kept = [one for one in kept if not one["is_direct"]] or kept
        channels = [one["channel"] for one in kept]
        if settings["collapse_repeats"]:
            channels = [channel for channel, _ in itertools.groupby(channels)]
        result.append(
            Journey(
                customer,
                group,
                channels,
                conversion is not None,
                conversion["value"] if conversion else 0,
            )
        )

    for conversion in [*waiting, None]:
        if conversion is None:
            own, rest = rest, []
        else:
            own = [one for one in rest if one["at"] <= conversion["at"]]
            rest = [one for one in rest if one["at"] > conversion["at"]]
        if conversion is None and waiting:
            first_only = settings["conversion_scope"] == "first_orders"
            own = [] if first_only else own
        open_touches = []
        for touch in own:
            if open_touches and touch["at"] - open_touches[-1]["at"] > longest_gap:
                close(open_touches)
                open_touches = []
            open_touches.append(touch)
        if not open_touches:
            continue
        if conversion and conversion["at"] - open_touches[-1]["at"] <= longest_gap:
            close(open_touches, conversion)
        else:
            close(open_touches)
    return result


def solve(matrix, right):
    """Solve a square system by elimination; exact where the numbers are Fractions."""
    size = len(matrix)
    rows = [[*matrix[i], right[i]] for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda i: abs(rows[i][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for i in range(size):
            factor = rows[i][column]
            if i != column and factor != 0:
                factor = factor / rows[column][column]
                rows[i] = [
                    a - factor * b for a, b in zip(rows[i], rows[column], strict=True)
                ]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def chain(journeys, order, removed=None, number=Fraction):
    """Conversion probability and value a journey, with a channel removed or none."""
    counts = defaultdict(Counter)
    won = defaultdict(lambda: [number(0), number(0)])
    for journey in journeys:
        state = ()
        for channel in journey.channels:
            following = (*state, channel)[-order:]
            counts[state][following] += 1
            state = following
        counts[state][None] += 1
        if journey.converted:
            won[state][0] += 1
            won[state][1] += number(journey.value)
    states = [state for state in counts if removed not in state]
    place = {state: number_ for number_, state in enumerate(states)}
    matrix, chance, value = [], [], []
    for state in states:
        total = sum(counts[state].values())
        row = [number(0)] * len(states)
        row[place[state]] += 1
        for following, count in counts[state].items():
            if following is not None and following in place:
                row[place[following]] -= number(count) / total
        matrix.append(row)
        chance.append(won[state][0] / total)
        value.append(won[state][1] / total)
    if () not in place:
        return number(0), number(0)
    return solve(matrix, chance)[place[()]], solve(matrix, value)[place[()]]


def removal_effects(journeys, order, number=Fraction):
    """Channel -> (removal effect, value removal effect); None where undefined."""
    whole = chain(journeys, order, number=number)
    result = {}
    for channel in sorted({one for journey in journeys for one in journey.channels}):
        left = chain(journeys, order, removed=channel, number=number)
        result[channel] = tuple(
            1 - without / total if total > 0 else None
            for without, total in zip(left, whole, strict=True)
        )
    return result


def worth_of(inside, value_function):
    """v of the journeys in a coalition, for conversions and for value."""
    conversions = sum(1 for journey in inside if journey.converted)
    value = sum(journey.value for journey in inside)
    if value_function == "subset_count":
        return conversions, value
    if not inside:
        return 0, 0
    return conversions / len(inside), value / len(inside)


def shapley(journeys, value_function):
    """Channel -> (Shapley value for conversions, for value)."""
    by_set = defaultdict(list)
    for journey in journeys:
        by_set[frozenset(journey.channels)].append(journey)
    channels = sorted({channel for channels in by_set for channel in channels})
    worth = {}
    for size in range(len(channels) + 1):
        for coalition in map(frozenset, itertools.combinations(channels, size)):
            inside = [
                journey
                for members, some in by_set.items()
                for journey in some
                if (
                    members == coalition
                    if value_function == "exact_rate"
                    else members <= coalition
                )
            ]
            worth[coalition] = worth_of(inside, value_function)
    result = {}
    for channel in channels:
        parts = ([], [])
        for coalition, before in worth.items():
            if channel in coalition:
                continue
            after = worth[coalition | {channel}]
            n, s = len(channels), len(coalition)
            weight = math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n)
            for part, one, other in zip(parts, after, before, strict=True):
                part.append(weight * (one - other))
        result[channel] = tuple(map(math.fsum, parts))
    return result


def shares_of(worths):
    """Channel -> (share of conversions, of revenue), or None where there is none."""
    totals = []
    for measure in range(2):
        values = [worth[measure] for worth in worths.values()]
        known = all(value is not None for value in values)
        total = math.fsum(values) if known else 0
        totals.append(total if total > 1e-12 else None)
    if totals[0] is None:
        return None
    return {
        channel: (
            float(worth[0]) / totals[0],
            float(worth[0]) / totals[0]
            if totals[1] is None
            else float(worth[1]) / totals[1],
        )
        for channel, worth in worths.items()
    }


def fitted_shares(model, journeys, settings):
    """Shares of a model fitted on `journeys`; None where it cannot tell."""
    if not journeys:
        return None
    if model == "markov":
        worths = removal_effects(journeys, settings["markov_order"], number=float)
    else:
        worths = shapley(journeys, settings["shapley_value_function"])
    return shares_of(worths)
