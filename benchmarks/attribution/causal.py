"""What each attribution model says where the causal effect of every channel is known.

    python benchmarks/attribution/causal.py [--customers 40000] [--seed 20240101]

A company is simulated twice over: once as it is, and once for each channel with that
channel switched off and every other chance the same. The orders that are lost without
a channel are what it caused; no data set that a shop can collect holds that number.
The attribution marts are then built by dbt from the raw exports of the company as it
is, and each model's shares are put beside the channel's part of all caused orders.

There are two companies. In the *plain* one who meets a channel is chance alone, as in
an experiment. The *usual* one has what makes attribution hard: people who search for
the brand because they have decided already, advertising that is shown to those who came
anyway, a channel that many see and nobody follows, and one that works early and is
followed by visits of other kinds. Nothing is tuned in favour of a model.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
DAYS = 30
MODELS = (
    *("first_touch", "last_touch", "last_non_direct", "linear"),
    *("time_decay", "position_based", "markov", "shapley"),
)
# channel: (days from which and until which it is met, what it does)
CHANNELS = {
    "podcast": (0, 8, "convinces, early; brings visits by typed address"),
    "tiktok": (0, 14, "is seen by many, convinces nobody, but meta follows them"),
    "google_ads": (4, 18, "convinces people who look for such a thing"),
    "meta": (10, 24, "shown to who came before; convinces a few"),
    "email": (10, 27, "reaches who subscribed, and who buys more anyway"),
    "brand_search": (25, 30, "found by who has decided"),
    "direct": (25, 30, "typed by who has decided, or heard the podcast"),
}
# Chance that a touch turns a person who would not have bought.
# How many meet each in the plain company.
PLAIN = {
    **{"podcast": 0.15, "tiktok": 0.35, "google_ads": 0.25, "meta": 0.2},
    **{"email": 0.25, "brand_search": 0.1, "direct": 0.1},
}
LIFT = {"podcast": 0.10, "google_ads": 0.08, "meta": 0.02, "email": 0.05}


class Company:
    """People, their inclination to buy, and all the chances that decide the rest."""

    def __init__(self, customers, seed, is_plain):
        """Draw every chance once, so that a channel can be switched off alone.

        `is_plain`: who meets a channel does not depend on anything else.
        """
        self.is_plain = is_plain
        random = np.random.default_rng(seed)
        self.size = customers
        self.intent = random.beta(1.2, 4, customers)
        self.subscribes = random.random(customers) < 0.15 + 0.5 * self.intent
        self.chance = {name: random.random(customers) for name in CHANNELS}
        self.day = {
            name: first + (last - first) * random.random(customers)
            for name, (first, last, _) in CHANNELS.items()
        }
        self.again = {name: random.random(customers) < 0.25 for name in CHANNELS}
        self.buys = random.random(customers)
        self.start = random.integers(0, 120, customers)
        self.value = np.round(random.lognormal(4, 0.5, customers), 2)

    def live(self, off=None):
        """Who meets which channel, and who orders, with channel `off` not there."""
        met = {}

        def meet(name, chance):
            met[name] = (self.chance[name] < chance) & (name != off)

        if self.is_plain:
            for name, chance in PLAIN.items():
                meet(name, chance)
            return met, self.orders(met)
        meet("podcast", 0.15)
        meet("tiktok", 0.35)
        meet("google_ads", 0.08 + 0.6 * self.intent)
        came = met["tiktok"] | met["google_ads"]
        meet("meta", np.where(came, 0.5, 0.05))
        meet("email", 0.6 * self.subscribes)
        orders = self.orders(met)
        meet("brand_search", np.where(orders, 0.55, 0.04 + 0.1 * self.intent))
        meet("direct", np.where(orders, 0.35, 0.03) + 0.15 * met["podcast"])
        return met, orders

    def orders(self, met):
        """Who orders, of own accord or because a channel that was met convinced."""
        stays_away = 1 - (0.01 + 0.25 * self.intent)
        for name, lift in LIFT.items():
            stays_away = stays_away * np.where(met[name], 1 - lift, 1)
        return self.buys < 1 - stays_away

    def caused(self):
        """Orders that are lost without each channel."""
        _, orders = self.live()
        return {
            name: int(orders.sum() - self.live(off=name)[1].sum()) for name in CHANNELS
        }

    def raw(self):
        """Touchpoints and orders as a shop would export them."""
        met, orders = self.live()
        origin = pd.Timestamp("2024-01-01")
        touches = []
        for name, there in met.items():
            for extra, who in ((0, there), (0.7, there & self.again[name])):
                number = np.flatnonzero(who)
                touches.append(
                    pd.DataFrame(
                        {
                            "customer": number,
                            "channel": name,
                            "day": np.minimum(
                                self.day[name][number] + extra, DAYS - 1e-3
                            )
                            + self.start[number],
                        }
                    )
                )
        touches = pd.concat(touches, ignore_index=True)
        buyers = np.flatnonzero(orders)
        return {
            "touchpoints": pd.DataFrame(
                {
                    "touchpoint_id": [f"T{number}" for number in range(len(touches))],
                    "customer_id": "C" + touches["customer"].astype(str),
                    "channel": touches["channel"],
                    "touched_at": (
                        origin + pd.to_timedelta(touches["day"], unit="D")
                    ).dt.floor("s"),
                }
            ),
            "orders": pd.DataFrame(
                {
                    "order_id": [f"O{number}" for number in buyers],
                    "customer_id": [f"C{number}" for number in buyers],
                    "ordered_at": origin
                    + pd.to_timedelta(self.start[buyers] + DAYS, unit="D"),
                    "order_value": self.value[buyers],
                }
            ),
        }


def attributed_shares(raw):
    """(model, channel) -> (share of attributed conversions, its standard error)."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        (scratch / "data").mkdir()
        for table, frame in raw.items():
            frame.to_csv(scratch / "data" / f"{table}.csv", index=False)
        command = [
            *(Path(sys.executable).with_name("dbt"), "build", "--quiet"),
            *("--select", "+attribution_comparison"),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--vars", json.dumps({"lookback_days": DAYS, "half_life_days": 7})),
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
                "select attribution_model, channel, attributed_share, share_std_error"
                " from marts.attribution_comparison where channel <> 'unattributed'"
            ).fetchall()
    return {row[:2]: row[2:] for row in rows}


def table(head, rows):
    """A Markdown table; the first column left, all others right aligned."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def compare(company):
    """Build the marts of a company and print every model beside the truth."""
    caused = company.caused()
    total = sum(caused.values())
    truth = {name: lost / total for name, lost in caused.items()}
    raw = company.raw()
    found = attributed_shares(raw)
    orders = len(raw["orders"])
    print(
        f"{company.size:,} people, {len(raw['touchpoints']):,} touches, {orders:,}"
        f" orders, of which the channels caused {total:,} ({total / orders:.0%}): the"
        " others would have come anyway, and every model credits them all the same."
        " Shares in per cent.\n"
    )
    head = ["channel", "caused", *(f"`{model}`" for model in MODELS)]
    rows = [
        [
            name,
            f"{100 * truth[name]:.1f}",
            *(f"{100 * found[model, name][0]:.1f}" for model in MODELS),
        ]
        for name in CHANNELS
    ]
    print(table(head, rows))
    rows = []
    for model in MODELS:
        shares = pd.Series({name: found[model, name][0] for name in CHANNELS})
        errors = 100 * abs(shares - pd.Series(truth))
        rows.append(
            [
                f"`{model}`",
                f"{errors.mean():.1f}",
                f"{errors.max():.1f}",
                errors.idxmax(),
                f"{shares.rank().corr(pd.Series(truth).rank()):.2f}",
            ]
        )
    rows.sort(key=lambda row: float(row[1]))
    head = ["model", "mean error, points", "largest", "of", "rank correlation"]
    print("\n" + table(head, rows))


def main():
    """Simulate, build, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=20240101)
    given = parser.parse_args()
    rows = [[name, does] for name, (_, _, does) in CHANNELS.items()]
    print(table(["channel", "what it does in the usual company"], rows))
    for title, is_plain in (("The plain company", True), ("The usual company", False)):
        print(f"\n## {title}\n")
        compare(Company(given.customers, given.seed, is_plain))
    return 0


if __name__ == "__main__":
    sys.exit(main())
