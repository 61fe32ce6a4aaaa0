"""How often the 95 % intervals hold the true share, for every attribution model.

    python benchmarks/attribution/coverage.py [--samples 400] [--customers 4000]

A population of customers is drawn once: what they touched, in which order and with
how many days between, and what they bought, one to three times. The shares of each
model in the whole population are the truth. Samples of customers are drawn from it
with replacement, put into 50 groups by md5 of their ids as the project does, and each
gives a share and a standard error by leaving out one group at a time. Printed is the
part of the samples whose interval holds the truth, by model: over all channels, and
the channel for which it is worst.

Markov and Shapley are fitted by the project's own Python edges, for all customers and
without each group. The formula of the standard error is that of int_share_errors;
`--check` builds the attribution marts from one sample with dbt and demands that shares
and standard errors are the same to 1e-9.
"""

import argparse
import datetime as dt
import hashlib
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = ("direct", "email", "google_ads", "meta", "podcast", "tiktok")
# How often a journey begins with each, and how much each helps to convert.
OPENS = np.array([0.12, 0.10, 0.28, 0.30, 0.05, 0.15])
CONVERTS = np.array([0.30, 0.34, 0.26, 0.12, 0.18, 0.08])
HEURISTICS = (
    *("first_touch", "last_touch", "last_non_direct"),
    *("linear", "time_decay", "position_based"),
)
MODELS = (*HEURISTICS, "markov", "shapley")
GROUPS = 50
QUANTILE = statistics.NormalDist().inv_cdf(0.975)
# Days between two touches or from the last touch to the order; a journey is never
# longer than the lookback, and the next one begins after more than it.
GAPS = (1, 2, 3)
LOOKBACK_DAYS = 30
NEXT_JOURNEY_DAYS = 40


# Python edges import from there.
sys.path.insert(0, str(ROOT / "plugins"))


def edge(name):
    """The project's Python edge `name`, without dbt."""
    path = ROOT / "models" / "attribution" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MARKOV, SHAPLEY = edge("ml_markov_removals"), edge("ml_shapley_values")


def draw_customers(count, random):
    """What `count` customers do: lists of journeys (channels, gaps, converted).

    Journeys of one customer are alike, so that customers, not journeys, are the
    independent units.
    """
    customers = []
    for _ in range(count):
        taste = random.dirichlet(OPENS * 8)
        keen = random.beta(2, 2) * 2
        journeys = []
        for _ in range(random.choice([1, 1, 2, 3])):
            length = int(min(random.geometric(0.45), 6))
            channels = random.choice(len(CHANNELS), length, p=taste)
            gaps = random.choice(GAPS, length)
            chance = min(CONVERTS[channels].mean() * keen, 0.95)
            journeys.append((tuple(channels), tuple(gaps), random.random() < chance))
        customers.append(journeys)
    return customers


def credits_of(journey):
    """Credits of one converted journey, (model, channel), from the definitions."""
    channels, gaps, _ = journey
    ages = np.cumsum(gaps[::-1])[::-1]
    size = len(channels)
    credit = np.zeros((len(HEURISTICS), size))
    credit[0, 0] = credit[1, -1] = 1
    others = [n for n in range(size) if CHANNELS[channels[n]] != "direct"]
    credit[2, others[-1] if others else -1] = 1
    credit[3] = 1 / size
    weight = 2.0 ** (-ages / 7)
    credit[4] = weight / weight.sum()
    if size == 1:
        credit[5] = 1
    elif size == 2:
        credit[5] = 0.5
    else:
        credit[5] = 0.2 / (size - 2)
        credit[5, [0, -1]] = 0.4
    result = np.zeros((len(HEURISTICS), len(CHANNELS)))
    for place, channel in enumerate(channels):
        result[:, channel] += credit[:, place]
    return result


def steps_of(journey):
    """Transitions of one journey: (state, next channel, converted)."""
    channels, _, converted = journey
    names = [CHANNELS[channel] for channel in channels]
    steps = [
        (state, following, False)
        for state, following in itertools.pairwise([None, *names])
    ]
    return [*steps, (names[-1], None, bool(converted))]


class Population:
    """Customers, and what each adds to the sums that the models are made of."""

    def __init__(self, customers):
        """Work out the sums of each customer."""
        self.customers = customers
        self.credits = np.array(
            [
                sum(
                    (credits_of(journey) for journey in journeys if journey[2]),
                    np.zeros((len(HEURISTICS), len(CHANNELS))),
                )
                for journeys in customers
            ]
        )
        steps, sets = {}, {}
        counted, in_sets = [], []
        for number, journeys in enumerate(customers):
            for journey in journeys:
                for step in steps_of(journey):
                    counted.append((number, steps.setdefault(step, len(steps))))
                bits = sum(1 << int(channel) for channel in set(journey[0]))
                place = sets.setdefault(bits, len(sets))
                in_sets.append((number, place, int(journey[2])))
        self.steps, self.sets = list(steps), list(sets)
        self.step_counts = np.zeros((len(customers), len(steps)))
        np.add.at(self.step_counts, tuple(np.array(counted).T), 1)
        self.set_counts = np.zeros((len(customers), len(sets), 2))
        place = np.array(in_sets)
        np.add.at(self.set_counts, (place[:, 0], place[:, 1], 0), 1)
        np.add.at(self.set_counts, (place[:, 0], place[:, 1], 1), place[:, 2])

    def shares(self, chosen, groups):
        """Shares of the customers `chosen` (numbers), as many times as they stand.

        Arguments:
            groups: (n_chosen,) group 0 to 49 of each; None for no groups.

        Returns:
            (1 + n_groups, n_models, n_channels): all, then without each group.
        """
        inside = np.zeros((1 if groups is None else GROUPS, len(chosen)))
        inside[0 if groups is None else groups, np.arange(len(chosen))] = 1

        def by_group(per_customer):
            flat = per_customer[chosen].reshape(len(chosen), -1)
            return (inside @ flat).reshape(-1, *per_customer.shape[1:])

        credit = by_group(self.credits)
        whole = credit.sum(axis=0, keepdims=True)
        left = whole if groups is None else np.concatenate([whole, whole - credit])
        heuristic = shares_of(left)
        fitted = np.stack(
            [
                self.markov_shares(by_group(self.step_counts)),
                self.shapley_shares(by_group(self.set_counts)),
            ],
            axis=1,
        )
        if groups is None:
            # The second fit is the one without the only group: of nothing.
            fitted = fitted[:1]
        return np.concatenate([heuristic, fitted], axis=1)

    def markov_shares(self, counts):
        """Shares from counts by group, by the project's edge."""
        rows = [
            (group, state, None, None, following, converted, count, 0.0)
            for group, of_group in enumerate(counts)
            for (state, following, converted), count in zip(
                self.steps, of_group, strict=True
            )
            if count > 0
        ]
        names = ["jackknife_group", *MARKOV.STATE, "next_channel", "is_converted"]
        frame = pd.DataFrame(
            rows, columns=[*names, "transitions", "conversion_value"]
        ).astype(dict.fromkeys(MARKOV.STATE, object))
        return shares_by_fit(MARKOV.removal_effects(frame), "removal_effect")

    def shapley_shares(self, counts):
        """Shares from counts by group, by the project's edge."""
        rows = [
            (group, bits, 0, 0, 0, journeys, conversions, 0.0)
            for group, of_group in enumerate(counts)
            for bits, (journeys, conversions) in zip(self.sets, of_group, strict=True)
            if journeys > 0
        ]
        frame = pd.DataFrame(
            rows, columns=["jackknife_group", *SHAPLEY.WORDS, *SHAPLEY.MEASURES]
        )
        channels = pd.DataFrame(
            {"channel": CHANNELS, "channel_number": range(len(CHANNELS))}
        )
        members, totals = SHAPLEY.all_fits(frame, len(channels))
        values = SHAPLEY.exact_values(members, totals, "subset_rate")[..., 0]
        return shares_of(values)


def shares_of(worths):
    """Each channel's part of the sum over the last axis; NaN where that is 0."""
    total = worths.sum(axis=-1, keepdims=True)
    return np.divide(worths, total, out=np.full_like(worths, np.nan), where=total != 0)


def shares_by_fit(frame, column):
    """(n_fits, n_channels) shares of `column`, no group left out first."""
    frame = frame.assign(fit=frame["left_out_group"].fillna(-1).astype(int))
    table = frame.pivot(index="fit", columns="channel", values=column)
    table = table.reindex(columns=list(CHANNELS)).fillna(0.0).to_numpy()
    return shares_of(table)


def standard_errors(shares):
    """Delete-a-group jackknife of (1 + n_groups, ...) shares, as int_share_errors."""
    without = shares[1:]
    groups = len(without)
    deviations = without - without.mean(axis=0)
    return np.sqrt((groups - 1) / groups * (deviations**2).sum(axis=0))


def group_of(customer):
    """Group 0 to 49 of a customer id, as the macro jackknife_group."""
    return int(hashlib.md5(customer.encode()).hexdigest()[:7], 16) % GROUPS


def raw_tables(customers):
    """The sample as the raw tables that dbt reads."""
    touches, orders = [], []
    start = dt.datetime(2024, 1, 1)
    for name, journeys in customers.items():
        at = start
        for number, (channels, gaps, converted) in enumerate(journeys):
            for channel, gap in zip(channels, gaps, strict=True):
                touches.append((f"T{len(touches)}", name, CHANNELS[channel], at))
                at += dt.timedelta(days=int(gap))
            if converted:
                orders.append((f"{name}-{number}", name, at, 10.0))
            at += dt.timedelta(days=NEXT_JOURNEY_DAYS)
    return {
        "touchpoints": pd.DataFrame(
            touches, columns=["touchpoint_id", "customer_id", "channel", "touched_at"]
        ),
        "orders": pd.DataFrame(
            orders, columns=["order_id", "customer_id", "ordered_at", "order_value"]
        ),
    }


def largest_difference_from_dbt(population, chosen):
    """Build the sample with dbt; the largest difference of a share or its error."""
    names = {f"C{n}": population.customers[c] for n, c in enumerate(chosen)}
    groups = np.array([group_of(name) for name in names])
    shares = population.shares(chosen, groups)
    errors = standard_errors(shares)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        (scratch / "data").mkdir()
        for table, frame in raw_tables(names).items():
            frame.to_csv(scratch / "data" / f"{table}.csv", index=False)
        settings = {"lookback_days": LOOKBACK_DAYS, "half_life_days": 7}
        command = [
            *(Path(sys.executable).with_name("dbt"), "build", "--quiet"),
            *("--select", "+attribution_comparison"),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--vars", json.dumps(settings)),
            *("--target-path", scratch / "target", "--log-path", scratch),
        ]
        environment = {
            **os.environ,
            "INSIGHT_DATA": str(scratch / "data"),
            "INSIGHT_WAREHOUSE": str(scratch / "warehouse.duckdb"),
        }
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        with duckdb.connect(str(scratch / "warehouse.duckdb")) as connection:
            rows = connection.execute(
                "select attribution_model, channel, conversion_share, share_std_error"
                " from marts.attribution_comparison where channel <> 'unattributed'"
            ).fetchall()
    largest = 0.0
    for model, channel, share, error in rows:
        place = MODELS.index(model), CHANNELS.index(channel)
        largest = max(
            largest, abs(share - shares[0][place]), abs(error - errors[place])
        )
    return largest


def main():
    """Draw samples, count how often intervals hold the truth, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--customers", type=int, default=4000, help="in a sample")
    parser.add_argument("--population", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20240101)
    parser.add_argument(
        "--check", action="store_true", help="hold one sample against the dbt models"
    )
    given = parser.parse_args()
    random = np.random.default_rng(given.seed)
    population = Population(draw_customers(given.population, random))
    truth = population.shares(np.arange(given.population), None)[0]
    if given.check:
        chosen = random.integers(0, given.population, given.customers)
        difference = largest_difference_from_dbt(population, chosen)
        print(f"Largest difference from the dbt models: {difference:.1e}\n")
        if difference > 1e-9:
            return 1
    held = np.zeros((given.samples, *truth.shape), dtype=bool)
    widths = np.zeros((given.samples, *truth.shape))
    for sample in range(given.samples):
        chosen = random.integers(0, given.population, given.customers)
        groups = np.array(
            [group_of(f"S{sample}-{number}") for number in range(given.customers)]
        )
        shares = population.shares(chosen, groups)
        half = QUANTILE * standard_errors(shares)
        held[sample] = abs(shares[0] - truth) <= half
        widths[sample] = half
    noise = np.sqrt(0.95 * 0.05 / given.samples)
    print(
        f"{given.samples} samples of {given.customers:,} customers, out of"
        f" {given.population:,}; {len(CHANNELS)} channels. Intervals of 95 %. Chance"
        f" alone moves the figure of one channel by {noise:.1%} (one standard"
        " error).\n"
    )
    print("| model | interval holds the truth | worst channel | mean half-width |")
    print("|---|---:|---:|---:|")
    for number, model in enumerate(MODELS):
        by_channel = held[:, number].mean(axis=0)
        print(
            f"| `{model}` | {by_channel.mean():.1%} | {by_channel.min():.1%}"
            f" ({CHANNELS[by_channel.argmin()]}) | {widths[:, number].mean():.4f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
