"""Markov and Shapley of the reference company, worked out once more by loops.

From the raw files, in exact fractions, and by other formulas than the workbook's:
the chain through the expected visits of each channel, the Shapley values through
what each set of channels is worth beyond its parts. The workbook's stored values
are compared; `test_reference_workbook.py` proves that they are up to date.
"""

import csv
import datetime as dt
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "reference" / "data"
EXPECTED = ROOT / "seeds" / "expected"
LOOKBACK = dt.timedelta(days=30)
MODELS = ("markov", "shapley")
MEASURES = ("conversions", "revenue")
TOLERANCE = 1e-11


def read(path):
    """Rows of a CSV file as dictionaries."""
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def tab(name):
    """Rows of a tab of the workbook as dictionaries of stored values."""
    book = openpyxl.load_workbook(
        ROOT / "reference" / "reference_company.xlsx", data_only=True, read_only=True
    )
    header, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows if row[0] is not None]


# --- From the raw files ----------------------------------------------------


def read_events():
    """Touches and conversions of each customer, in their order."""
    events = defaultdict(list)
    for row in read(DATA / "touchpoints.csv"):
        moment = dt.datetime.fromisoformat(row["touched_at"])
        touch = (row["channel"], row["campaign"] or "(not set)")
        events[row["customer_id"]].append((moment, 0, row["touchpoint_id"], touch))
    for row in read(DATA / "orders.csv"):
        if row["status"] != "cancelled" and row["customer_id"]:
            moment = dt.datetime.fromisoformat(row["ordered_at"])
            value = Fraction(row["order_value"])
            events[row["customer_id"]].append((moment, 1, row["order_id"], value))
    return {customer: sorted(rows) for customer, rows in events.items()}


def walk_journeys(events):
    """(channels, order_id or None, value) of every journey with a touch."""
    journeys = []
    for rows in events.values():
        channels, last = [], None
        for moment, is_order, event_id, what in rows:
            if channels and moment - last > LOOKBACK:
                journeys.append((channels, None, Fraction(0)))
                channels = []
            if not is_order:
                channels.append(what[0])
                last = moment
            elif channels:
                journeys.append((channels, event_id, what))
                channels = []
        if channels:
            journeys.append((channels, None, Fraction(0)))
    return journeys


def visits(journeys, channels, removed):
    """Expected visits of each channel a journey, n = s + n Q."""
    starts = Counter(path[0] for path, *_ in journeys)
    moves = Counter(pair for path, *_ in journeys for pair in pairwise(path))
    seen = Counter(channel for path, *_ in journeys for channel in path)
    left = [channel for channel in channels if channel != removed]
    system = [
        [
            (channel == other) - Fraction(moves[other, channel], seen[other])
            for other in left
        ]
        + [Fraction(starts[channel], len(journeys))]
        for channel in left
    ]
    for k in range(len(left)):
        pivot = next(i for i in range(k, len(left)) if system[i][k])
        system[k], system[pivot] = system[pivot], system[k]
        system[k] = [value / system[k][k] for value in system[k]]
        for i in range(len(left)):
            if i != k:
                factor = system[i][k]
                system[i] = [
                    a - factor * b for a, b in zip(system[i], system[k], strict=True)
                ]
    return {channel: row[-1] for channel, row in zip(left, system, strict=True)}


def chain_outcome(journeys, channels, removed=None):
    """Conversions and value a journey, in the chain without a channel."""
    seen = Counter(channel for path, *_ in journeys for channel in path)
    converted, value = Counter(), Counter()
    for path, order, worth in journeys:
        if order:
            converted[path[-1]] += 1
            value[path[-1]] += worth
    found = visits(journeys, channels, removed)
    # Value out of a channel: its conversions times their mean value.
    return {
        "conversions": sum(n * converted[c] / seen[c] for c, n in found.items()),
        "revenue": sum(n * value[c] / seen[c] for c, n in found.items()),
    }


def removal_effects(journeys, channels):
    """Share of the outcome that is lost with each channel, by measure."""
    whole = chain_outcome(journeys, channels)
    without = {c: chain_outcome(journeys, channels, c) for c in channels}
    return {m: {c: 1 - without[c][m] / whole[m] for c in channels} for m in MEASURES}


def subset_rate(journeys, chosen, measure):
    """Conversions or revenue a journey, among journeys inside a set of channels."""
    inside = [journey for journey in journeys if set(journey[0]) <= set(chosen)]
    if not inside:
        return Fraction(0)
    gains = {
        "conversions": sum(order is not None for _, order, _ in inside),
        "revenue": sum(value for *_, value in inside),
    }
    return Fraction(gains[measure]) / len(inside)


def shapley_values(journeys, channels):
    """What a set is worth beyond its parts, shared equally among its channels."""
    values = {m: dict.fromkeys(channels, Fraction(0)) for m in MEASURES}
    for measure in MEASURES:
        beyond = {}
        for size in range(len(channels) + 1):
            for chosen in combinations(channels, size):
                parts = (
                    beyond[part]
                    for smaller in range(size)
                    for part in combinations(chosen, smaller)
                )
                beyond[chosen] = subset_rate(journeys, chosen, measure) - sum(parts)
                for channel in chosen:
                    values[measure][channel] += beyond[chosen] / size
    return values


def linear_credits(events):
    """(conversion, month, channel, campaign, touch month, credit, value) rows."""
    rows = []
    for customer_rows in events.values():
        for moment, is_order, _, value in customer_rows:
            if not is_order:
                continue
            path = [
                (at, *what)
                for at, is_other, _, what in customer_rows
                if not is_other and dt.timedelta(0) <= moment - at <= LOOKBACK
            ]
            rows += [
                (
                    f"{moment:%Y-%m}-01",
                    channel,
                    campaign,
                    f"{at:%Y-%m}-01",
                    Fraction(1, len(path)),
                    value / len(path),
                )
                for at, channel, campaign in path
            ]
    return rows


@pytest.fixture(scope="module")
def company():
    """Journeys, channels, effects and shares of the reference company."""
    events = read_events()
    journeys = walk_journeys(events)
    channels = sorted({channel for path, *_ in journeys for channel in path})
    effects = {
        "markov": removal_effects(journeys, channels),
        "shapley": shapley_values(journeys, channels),
    }
    shares = {
        (model, measure): {
            c: effect / sum(by_channel.values()) for c, effect in by_channel.items()
        }
        for model, by_measure in effects.items()
        for measure, by_channel in by_measure.items()
    }
    return {
        "journeys": journeys,
        "channels": channels,
        "effects": effects,
        "shares": shares,
        "linear": linear_credits(events),
    }


def close(value):
    """An exact fraction, to be compared with a double."""
    return pytest.approx(float(value), abs=TOLERANCE, rel=TOLERANCE)


# --- The working tabs ------------------------------------------------------


def test_journeys_are_the_ones_walked_by_hand(company):
    listed = Counter((r["path"], r["order_id"] or None) for r in tab("journeys"))
    walked = Counter((" > ".join(p), order) for p, order, _ in company["journeys"])
    assert listed == walked
    outcomes = {order: path for path, order, _ in company["journeys"] if order}
    assert (len(company["journeys"]), len(outcomes)) == (27, 20)
    # Paid with another order, after too long a gap, without a touch since the last.
    assert not {"O015", "O027", "O011", "O024"} & set(outcomes)
    assert outcomes["O005"] == ["email"]  # in its window, but before O001: T003
    assert outcomes["O028"] == ["referral"]  # 30 days to the second
    assert outcomes["O009"] == ["google_ads", "meta", "google_ads"]  # 30 days again
    failed = [path for path, order, _ in company["journeys"] if not order]
    assert ["referral", "podcast", "google_ads"] in failed
    # One second more than 30 days from google_ads: a journey of its own.
    assert failed.count(["meta"]) == 2


def test_the_chain_returns_what_it_was_counted_from(company):
    whole = chain_outcome(company["journeys"], company["channels"])
    revenue = sum(value for *_, value in company["journeys"])
    assert whole == {"conversions": Fraction(20, 27), "revenue": revenue / 27}


def test_tiktok_without_a_computer(company):
    """Only journeys that begin with tiktok lose it: of 3 visits 1 converts, 1 goes
    on to referral, and referral (5 visits: 3 convert, 1 to google_ads, 1 to podcast
    and so to google_ads) converts 3/5 + 2/5 of what google_ads does."""
    podcast = company["effects"]["markov"]["conversions"]["podcast"]
    tiktok = company["effects"]["markov"]["conversions"]["tiktok"]
    # podcast: 1 of 27 journeys, all to google_ads; effects are over 20 of 27.
    google_ads = podcast * 20
    assert tiktok == (1 + Fraction(3, 5) + Fraction(2, 5) * google_ads) / 20


@pytest.mark.parametrize(
    ("channels", "journeys", "converted", "revenue"),
    [
        ((), 0, 0, 0),
        (("podcast",), 0, 0, 0),
        (("direct",), 2, 1, 70),  # O010; C15 at the end of the data
        (("referral",), 2, 2, 360),  # O016, O028
        (("tiktok",), 2, 1, 85),  # O020; C06 before a gap
        (("referral", "tiktok"), 5, 4, 605),  # and O013
        (("email", "meta"), 6, 3, 254.9),  # O003, O005, O014; C07, C10, C15
    ],
)
def test_sets_of_channels(channels, journeys, converted, revenue):
    (row,) = [
        row
        for row in tab("shapley_subsets")
        if {c[3:] for c, v in row.items() if c.startswith("in_") and v} == set(channels)
    ]
    assert (row["journeys"], row["converted"]) == (journeys, converted)
    assert row["revenue"] == pytest.approx(revenue)
    assert row["conversion_rate"] == close(converted / journeys if journeys else 0)


def test_effects_and_shares(company):
    rows = {row["channel"]: row for row in tab("channel_shares")}
    assert sorted(rows) == company["channels"]
    names = {"markov": "removal_effect", "shapley": "shapley_value"}
    for model, name in names.items():
        for measure in MEASURES:
            for channel, row in rows.items():
                effect = company["effects"][model][measure][channel]
                share = company["shares"][model, measure][channel]
                assert row[f"{measure}_{name}"] == close(effect)
                assert row[f"{measure}_share_{model}"] == close(share)


def test_podcast_is_credited_by_the_chain_and_below_zero_by_shapley(company):
    assert "podcast" not in {row[1] for row in company["linear"]}
    for measure in MEASURES:
        assert company["shares"]["markov", measure]["podcast"] > 0
        assert company["shares"]["shapley", measure]["podcast"] < 0


# --- The marts -------------------------------------------------------------


def sums(rows, *positions):
    """Linear conversions and revenue by some columns of the linear credits."""
    found = defaultdict(lambda: dict.fromkeys(MEASURES, Fraction(0)))
    for row in rows:
        key = tuple(row[position] for position in positions)
        found[key]["conversions"] += row[4]
        found[key]["revenue"] += row[5]
    return found


def expected_rows(mart, keys):
    """Data-driven rows of an expected file, but unattributed, by key and model."""
    return {
        (*(row[key] for key in keys), row["attribution_model"]): row
        for row in read(EXPECTED / f"expected_{mart}.csv")
        if row["attribution_model"] in MODELS and row["channel"] != "unattributed"
    }


def assert_mart(mart, keys, due):
    """The rows of a mart are exactly the ones due; where 0 only spend may stand."""
    rows = expected_rows(mart, keys)
    assert due and set(due) <= set(rows)
    for key, row in rows.items():
        for measure in MEASURES:
            value = due[key][measure] if key in due else 0
            assert float(row[measure]) == close(value), (key, measure)
        assert key in due or float(row.get("spend", 0)) > 0, key


def test_channel_attribution(company):
    touched = sums(company["linear"], 0)
    due = {
        (month, channel, model): {
            m: total[m] * company["shares"][model, m][channel] for m in MEASURES
        }
        for (month,), total in touched.items()
        for channel in company["channels"]
        for model in MODELS
    }
    keys = ("conversion_month", "channel")
    assert_mart("channel_attribution", keys, due)
    assert set(due) == set(expected_rows("channel_attribution", keys))


@pytest.mark.parametrize(
    ("mart", "keys"),
    [
        ("channel_performance", ("touch_month", "channel")),
        ("campaign_performance", ("touch_month", "channel", "campaign")),
    ],
)
def test_performance_is_spread_like_linear(company, mart, keys):
    linear = company["linear"]
    (whole,) = sums(linear).values()
    spread = {}
    by_channel = sums(linear, 1)
    columns = (3, 1, 2)[: len(keys)]
    for key, part in sums(linear, *columns).items():
        total = by_channel[key[1],]
        spread[key] = {m: part[m] / total[m] for m in MEASURES}
    for (month,), part in sums(linear, 3).items():
        for channel in company["channels"]:
            if (channel,) not in by_channel:
                key = (month, channel, "(not set)")[: len(keys)]
                spread[key] = {m: part[m] / whole[m] for m in MEASURES}
    due = {
        (*key, model): {
            m: whole[m] * company["shares"][model, m][key[1]] * part[m]
            for m in MEASURES
        }
        for key, part in spread.items()
        for model in MODELS
    }
    assert_mart(mart, keys, due)


def test_comparison_holds_the_totals(company):
    (whole,) = sums(company["linear"]).values()
    due = {
        (channel, model): {
            m: whole[m] * company["shares"][model, m][channel] for m in MEASURES
        }
        for channel in company["channels"]
        for model in MODELS
    }
    assert_mart("attribution_comparison", ("channel",), due)


@pytest.mark.parametrize(
    "mart",
    [
        "channel_attribution",
        "channel_performance",
        "campaign_performance",
        "attribution_comparison",
    ],
)
def test_unattributed_is_the_same_under_every_model(mart):
    found = defaultdict(list)
    for row in read(EXPECTED / f"expected_{mart}.csv"):
        if row["channel"] == "unattributed":
            found[row["attribution_model"]].append((row["conversions"], row["revenue"]))
    assert len(found) == 8
    assert all(rows == found["linear"] for rows in found.values())


@pytest.mark.parametrize("model", MODELS)
def test_business_metrics_follow_the_marts(model):
    metrics = {
        r["period_start"]: r for r in read(EXPECTED / "expected_business_metrics.csv")
    }
    email, funded = Counter(), Counter()
    for row in read(EXPECTED / "expected_channel_attribution.csv"):
        if row["attribution_model"] == model and row["channel"] == "email":
            email[row["conversion_month"]] += float(row["revenue"])
    for row in read(EXPECTED / "expected_channel_performance.csv"):
        if row["attribution_model"] == model and float(row["spend"]) > 0:
            funded[row["touch_month"]] += float(row["revenue"])
    assert any(email.values()) and any(funded.values())
    for month, row in metrics.items():
        assert float(row[f"email_revenue_{model}"]) == close(email[month])
        assert float(row[f"funded_revenue_{model}"]) == close(funded[month])
