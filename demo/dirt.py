"""Dirt in known amounts: extra rows, each with exactly one defect.

Dropping every dirty row leaves the clean company as it was.
"""

from math import sqrt

import numpy as np

from demo import company

# Dirty rows at scale 1 by table and kind; they grow with the root of the scale.
ROWS_AT_SCALE_1 = {
    "touchpoints": {
        "exact_duplicate": 400,
        "unreadable_timestamp": 150,
        "future_timestamp": 60,
        "missing_customer_id": 100,
        "missing_channel": 80,
    },
    "orders": {
        "exact_duplicate": 60,
        "negative_order_value": 15,
        "unreadable_order_value": 15,
        "unreadable_timestamp": 15,
        "unknown_status": 10,
    },
    "returns": {"orphan_return": 10, "negative_refund": 8},
    "email_events": {"duplicate_event_id": 120, "unknown_event_type": 60},
    "marketing_spend": {"negative_spend": 6},
}
UNREADABLE_TIMESTAMPS = ("not a date", "32/13/2024", "")
UNREADABLE_VALUE = "n/a"
UNKNOWN_STATUS = "???"
UNKNOWN_EVENT_TYPE = "bounced"
# Ids of extra rows carry this chunk number, which no real chunk has.
EXTRA_CHUNK = 9999


def row_counts(scale):
    """Dirty rows by table and kind at `scale`, at least one of each."""
    return {
        table: {
            # Spend has as many rows at any scale.
            kind: number
            if table == "marketing_spend"
            else max(1, round(number * sqrt(scale)))
            for kind, number in kinds.items()
        }
        for table, kinds in ROWS_AT_SCALE_1.items()
    }


def spoil(rows, column, values):
    """Return copies of `rows` (dicts of text) with `column` set from `values`."""
    return [{**row, column: values[i % len(values)]} for i, row in enumerate(rows)]


def renumber(rows, column, prefix, start=0):
    """Return copies of `rows` with fresh ids that occur nowhere else."""
    return [
        {**row, column: f"{prefix}{EXTRA_CHUNK:04d}{start + i:07d}"}
        for i, row in enumerate(rows)
    ]


def dirty_touchpoints(sample, counts):
    """Dirty touchpoint rows from `sample`, clean rows as dicts of text."""
    take = _taker(sample)
    rows = list(take(counts["exact_duplicate"]))
    extra = spoil(
        take(counts["unreadable_timestamp"]), "touched_at", UNREADABLE_TIMESTAMPS
    )
    future = take(counts["future_timestamp"])
    extra += [{**r, "touched_at": "2099" + r["touched_at"][4:]} for r in future]
    extra += spoil(take(counts["missing_customer_id"]), "customer_id", ("",))
    extra += spoil(take(counts["missing_channel"]), "channel", ("",))
    return rows + renumber(extra, "touchpoint_id", "T")


def dirty_orders(sample, counts):
    """Dirty order rows from `sample`, clean rows as dicts of text."""
    take = _taker(sample)
    rows = list(take(counts["exact_duplicate"]))
    negative = take(counts["negative_order_value"])
    extra = [{**r, "order_value": "-" + r["order_value"]} for r in negative]
    extra += spoil(
        take(counts["unreadable_order_value"]), "order_value", (UNREADABLE_VALUE,)
    )
    extra += spoil(
        take(counts["unreadable_timestamp"]), "ordered_at", UNREADABLE_TIMESTAMPS
    )
    extra += spoil(take(counts["unknown_status"]), "status", (UNKNOWN_STATUS,))
    return rows + renumber(extra, "order_id", "O")


def dirty_returns(sample, unreturned_ids, counts):
    """Dirty return rows.

    `sample` holds clean returns as dicts of text, `unreturned_ids` the ids of
    orders that have no return, so that a negative refund is the only defect.
    """
    take = _taker(sample)
    orphans = renumber(take(counts["orphan_return"]), "order_id", "O", 5_000_000)
    negative = [
        {
            **row,
            "order_id": order["order_id"],
            "returned_at": order["returned_at"],
            "refund_amount": "-" + row["refund_amount"],
        }
        for row, order in zip(
            take(counts["negative_refund"]), unreturned_ids, strict=False
        )
    ]
    return orphans + negative


def dirty_email_events(sample, counts):
    """Dirty newsletter events from `sample`, clean rows as dicts of text."""
    take = _taker(sample)
    rows = list(take(counts["duplicate_event_id"]))
    unknown = spoil(
        take(counts["unknown_event_type"]), "event_type", (UNKNOWN_EVENT_TYPE,)
    )
    return rows + renumber(unknown, "event_id", "E")


def dirty_spend(seed, counts):
    """Spend rows below zero, on a campaign of their own."""
    rng = company.company_rng(seed, 4)
    days = np.sort(rng.choice(company.N_DAYS, counts["negative_spend"], False))
    return [
        {
            "day": int(day),
            "channel": "google_ads",
            "campaign": "correction",
            "cents": -int(rng.integers(500, 20_000)),
        }
        for day in days
    ]


def _taker(sample):
    """Return a function that hands out the next n rows of `sample`."""
    position = 0

    def take(n):
        nonlocal position
        rows = sample[position : position + n]
        if len(rows) < n:
            raise ValueError("the company is too small for its planted dirt")
        position += n
        return rows

    return take
