"""Profiles against pandas, and quality scores of a shop small enough to count."""

import datetime as dt
import json
import math

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from harness import Shop

PROFILES = ("int_profile_other_tables", "column_profiles")
NAN, INFINITY = math.nan, math.inf
rng = np.random.default_rng(8)


def with_gaps(values, share, seed):
    """`values` as a list, some of them None."""
    gone = np.random.default_rng(seed).random(len(values)) < share
    return [None if none else value for value, none in zip(values, gone, strict=True)]


# Tables by name: columns as Arrow arrays, so that NULL and what is no number differ.
TABLES = {
    "numbers": {
        "skewed": pa.array(with_gaps(rng.lognormal(3, 1, 1001), 0.1, 1)),
        "whole": pa.array(
            with_gaps([int(n) for n in rng.integers(0, 9, 1001)], 0.3, 2)
        ),
        "small": pa.array([int(n) for n in rng.integers(-5, 5, 1001)], pa.int16()),
        "money": pa.array(
            with_gaps([f"{v:.2f}" for v in rng.normal(50, 20, 1001)], 0.02, 3)
        ).cast(pa.decimal128(18, 2)),
        # Spread .1 round a million million: naive sums of squares are noise here.
        "far": pa.array(1e12 + rng.normal(0, 0.1, 1001)),
        "holed": pa.array([*rng.normal(0, 1, 998), NAN, NAN, NAN]),
        "constant": pa.array([7.25] * 1001),
        "nothing": pa.array([None] * 1001, pa.float64()),
        "never a number": pa.array([NAN] * 1001),
        "one value": pa.array([None] * 1000 + [3.5]),
        "infinite": pa.array([*rng.normal(0, 1, 1000), INFINITY]),
        "giant": pa.array([1e308, -1e308] + [1.0] * 999),
    },
    "others": {
        "text": pa.array(
            with_gaps([f"v{n}" for n in rng.integers(0, 12, 500)], 0.05, 4)
        ),
        "quoted": pa.array(
            ['say "b\\c"'] * 200 + ["tab\there"] * 150 + ["ü", "", "Z", "a", None] * 30
        ),
        "flag": pa.array(with_gaps([bool(n % 3) for n in range(500)], 0.1, 5)),
        "day": pa.array(
            [
                dt.date(2025, 1, 1) + dt.timedelta(int(n))
                for n in rng.integers(0, 90, 500)
            ]
        ),
        "moment": pa.array(
            [
                dt.datetime(2025, 1, 1) + dt.timedelta(seconds=int(n))
                for n in rng.integers(0, 10**6, 500)
            ]
        ),
        "no text": pa.array([None] * 500, pa.string()),
    },
    "single": {"value": pa.array([4.0]), "name": pa.array(["x"])},
    "empty": {
        "value": pa.array([], pa.float64()),
        "name": pa.array([], pa.string()),
        "flag": pa.array([], pa.bool_()),
    },
}
COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]


@pytest.fixture(scope="module")
def built(project):
    """A small shop, and beside it the tables that are profiled."""
    shop = Shop()
    shop.touch("a", "email", "2025-01-01 10:00:00")
    for number, value in enumerate(["10", "20", "20", "35.50"]):
        shop.order(f"o{number}", "a", f"2025-01-0{number + 2} 10:00:00", value)
    built = project.good(shop.raw(), select=("+column_profiles",))
    with duckdb.connect(str(built.warehouse)) as connection:
        connection.execute("create schema lab")
        for table, columns in TABLES.items():
            connection.register("given", pa.table(columns))
            connection.execute(f"create table lab.{table} as from given")
            connection.unregister("given")
    return project.good(
        data=built.data,
        vars={"profiled_relations": [f"lab.{table}" for table in TABLES]},
        select=PROFILES,
        again=built,
    )


@pytest.fixture(scope="module")
def profiles(built):
    rows = built.query("select * from quality.column_profiles").to_dict("records")
    return {(row["table_name"], row["column_name"]): row for row in rows}


def values_of(table, column):
    """The column's values, without NULL and what is no number."""
    values = TABLES[table][column].to_pylist()
    return [
        value
        for value in values
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    ]


def text_of(value):
    """`value` as the warehouse writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def test_every_column_has_a_row_in_its_place(profiles):
    for table, columns in TABLES.items():
        for number, column in enumerate(columns, start=1):
            assert profiles[f"lab.{table}", column]["column_number"] == number
    found = {key for key in profiles if key[0].startswith("lab.")}
    assert found == {(f"lab.{table}", column) for table, column in COLUMNS}


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_counts_are_pandas(profiles, table, column):
    row = profiles[f"lab.{table}", column]
    values = pd.Series(values_of(table, column), dtype=object)
    assert row["rows"] == len(TABLES[table][column])
    assert row["nulls"] == len(TABLES[table][column]) - len(values)
    assert row["distinct_values"] == values.nunique()
    if len(values) == 0:
        assert (row["min"], row["max"], row["top_values"]) == (None, None, None)
    elif isinstance(values.iloc[0], float):
        assert float(row["min"]) == values.min()
        assert float(row["max"]) == values.max()
    else:
        assert row["min"] == text_of(values.min())
        assert row["max"] == text_of(values.max())


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_moments_quartiles_and_outliers_are_pandas(profiles, table, column):
    row, values = profiles[f"lab.{table}", column], values_of(table, column)
    numbers = ("mean", "std_dev", "p25", "p50", "p75", "outliers")
    kind = str(TABLES[table][column].type)
    if kind == "bool":
        assert row["mean"] == (pytest.approx(np.mean(values)) if values else None)
        assert {row[name] for name in numbers[1:]} == {None}
        return
    is_number = kind.startswith(("double", "int", "decimal"))
    if not is_number or not values or max(abs(float(v)) for v in values) > 1e300:
        assert {row[name] for name in numbers} == {None}
        return
    series = pd.Series([float(value) for value in values])
    # Counted from the first value: pandas' own sums would lose digits of large ones.
    moved = series - series.iloc[0]
    assert row["mean"] == pytest.approx(moved.mean() + series.iloc[0], rel=1e-12)
    if len(series) == 1:
        assert row["std_dev"] is None
    else:
        assert row["std_dev"] == pytest.approx(moved.std(ddof=1), rel=1e-9, abs=1e-12)
    quartiles = series.quantile([0.25, 0.5, 0.75])
    found = [row["p25"], row["p50"], row["p75"]]
    assert found == pytest.approx(list(quartiles), rel=1e-12)
    low, high = quartiles[0.25], quartiles[0.75]
    fences = low - 1.5 * (high - low), high + 1.5 * (high - low)
    assert row["outliers"] == ((series < fences[0]) | (series > fences[1])).sum()


def test_there_are_outliers_on_both_sides_and_columns_without(profiles):
    """The comparison above is about something."""
    assert profiles["lab.numbers", "skewed"]["outliers"] > 20
    assert profiles["lab.numbers", "far"]["outliers"] > 0
    assert profiles["lab.numbers", "small"]["outliers"] == 0
    assert profiles["lab.numbers", "constant"]["std_dev"] == 0


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_top_values_are_the_most_frequent_the_first_by_text_of_equals(
    profiles, table, column
):
    values = values_of(table, column)
    if not values:
        return
    top = json.loads(profiles[f"lab.{table}", column]["top_values"])
    if isinstance(values[0], float):
        # By number: how the warehouse writes a double is its own affair.
        counts = pd.Series(values).value_counts()
        assert [one["rows"] for one in top] == list(counts.iloc[:5])
        assert all(counts[float(one["value"])] == one["rows"] for one in top)
        return
    counts = pd.Series([text_of(value) for value in values]).value_counts()
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    assert [(one["value"], one["rows"]) for one in top] == expected


def test_staged_tables_are_profiled_whether_they_were_given_or_not(profiles):
    orders = profiles["orders", "order_value"]
    assert (orders["rows"], orders["nulls"], orders["distinct_values"]) == (4, 0, 3)
    assert orders["mean"] == pytest.approx(85.5 / 4)
    assert orders["p25"] == pytest.approx(17.5)
    assert json.loads(orders["top_values"])[0] == {"value": "20.00", "rows": 2}
    assert profiles["web_sessions", "sessions"]["rows"] == 0
    assert profiles["web_sessions", "sessions"]["mean"] is None
    tables = {table for table, _ in profiles if not table.startswith("lab.")}
    assert tables == {
        "touchpoints",
        "orders",
        "customers",
        "returns",
        "marketing_spend",
        "email_events",
        "web_sessions",
        "channel_spellings",
    }


def test_profiled_relations_that_are_not_there_stop_the_run(project, built):
    for value, sentence in (
        (["lab.nowhere"], "Setting profiled_relations: it has the relation"),
        (["no_such_model"], "Setting profiled_relations: it has the relation"),
        (["orders"], "Setting profiled_relations names 'orders' twice, or a staged"),
        (["lab.single", "lab.single"], "Setting profiled_relations names"),
        (["lab.single; drop"], "Setting profiled_relations must be a list"),
        ({"lab": "single"}, "Setting profiled_relations must be a list"),
    ):
        again = project.build(
            data=built.data,
            vars={"profiled_relations": value},
            select=PROFILES,
            again=built,
        )
        assert again.returncode != 0, value
        assert again.error().startswith(sentence), again.output[-800:]
        assert "Traceback" not in again.output


# --- Scores ----------------------------------------------------------------------


def faulty_shop():
    """Ten orders, five customers, four returns, five touches, two days of spend."""
    return {
        "orders": (
            "order_id,customer_id,ordered_at,order_value,status\n"
            "o1,c1,2025-01-10 10:00:00,100,\n"
            "o2,c2,2025-01-11 10:00:00,50,\n"
            "o3,c3,2025-01-12 10:00:00,20,\n"
            # Nine days before c4 signed up; nobody knows c9; a guest is nobody's.
            "o4,c4,2025-02-01 10:00:00,30,\n"
            "o5,c9,2025-02-02 10:00:00,40,\n"
            "o6,,2025-02-03 10:00:00,25,\n"
            ",c1,2025-01-13 10:00:00,10,\n"
            "o1,c1,2025-01-10 10:00:00,100,\n"
            "o7,c1,2025-01-14 10:00:00,-5,\n"
            "o8,c2,2025-01-15 10:00:00,ten,\n"
        ),
        "customers": (
            "customer_id,created_at\n"
            "c1,2025-01-10 09:00:00\n"
            # Half a day after the order: let pass.
            "c2,2025-01-11 22:00:00\n"
            "c3,2025-01-01 09:00:00\n"
            "c4,2025-02-10 09:00:00\n"
            "c1,2025-01-10 09:00:00\n"
        ),
        "returns": (
            "order_id,returned_at,refund_amount\n"
            "o1,2025-01-20 10:00:00,10\n"
            "o2,2025-01-19 10:00:00,60\n"
            "o99,2025-01-19 10:00:00,5\n"
            "o3,2025-01-02 10:00:00,5\n"
        ),
        "touchpoints": (
            "touchpoint_id,customer_id,channel,touched_at\n"
            "t1,c1,email,2025-01-09 10:00:00\n"
            "t2,c2,email,2025-01-10 10:00:00\n"
            "t3,c3,email,2025-02-20 10:00:00\n"
            "t4,c3,,2025-01-11 10:00:00\n"
            "t5,c3,carrier_pigeon,2025-01-11 10:00:00\n"
        ),
        "marketing_spend": (
            "spend_date,channel,spend\n2025-02-19,email,5\n2025-02-01,email,6\n"
        ),
        # Nothing of it can be used, so nobody knows how old it is.
        "email_events": (
            "event_id,customer_id,event_type,occurred_at\n"
            "e1,c1,shouted,2025-02-20 10:00:00\n"
        ),
    }


SCORES = {
    "touchpoints": (4 / 5, 1, 1, 4 / 5, 1),
    "orders": (9 / 10, 9 / 10, 8 / 10, 8 / 10, 13 / 28),
    "customers": (1, 4 / 5, 1, None, 20 / 28),
    "returns": (1, 1, 1, 1 / 4, 0),
    "marketing_spend": (1, 1, 1, 1, 1),
    "email_events": (1, 1, 0, 1, None),
    "web_sessions": (None,) * 5,
}
DIMENSIONS = ("completeness", "uniqueness", "validity", "consistency", "timeliness")
WEIGHTS = (0.25, 0.2, 0.25, 0.15, 0.15)


def weighted(scores, weights=WEIGHTS):
    """Mean of the scores that there are, by weight; None without any."""
    known = [pair for pair in zip(scores, weights, strict=True) if pair[0] is not None]
    if not known:
        return None
    return sum(score * weight for score, weight in known) / sum(w for _, w in known)


@pytest.fixture(scope="module")
def scored(project):
    return project.good(
        faulty_shop(),
        select=("+quality_scores",),
        vars={"quarantine_warn_share": 1, "quarantine_error_share": 1},
    )


def scores_of(built):
    return {
        tuple(row[:2]): row[2]
        for row in built.rows(
            "select table_name, dimension, score from quality.quality_scores"
        )
    }


def test_scores_of_a_shop_counted_by_hand(scored):
    assert scored.value("select as_of from intermediate.int_data_window") == dt.date(
        2025, 2, 20
    )
    found = scores_of(scored)
    for table, scores in SCORES.items():
        for dimension, score in zip(DIMENSIONS, scores, strict=True):
            assert found[table, dimension] == (
                None if score is None else pytest.approx(score, abs=1e-12)
            ), (table, dimension)
        overall = weighted(scores)
        assert found[table, "overall"] == (
            None if overall is None else pytest.approx(overall, abs=1e-12)
        )
    means = []
    for number, dimension in enumerate(DIMENSIONS):
        known = [s[number] for s in SCORES.values() if s[number] is not None]
        means.append(sum(known) / len(known))
        assert found["all_tables", dimension] == pytest.approx(means[-1], abs=1e-12)
    assert found["all_tables", "overall"] == pytest.approx(weighted(means), abs=1e-12)
    assert len(found) == 8 * 6


def test_details_name_the_faults(scored):
    details = {
        tuple(row[:2]): row[2]
        for row in scored.rows(
            "select table_name, dimension, detail from quality.quality_scores"
        )
    }
    assert details["orders", "validity"] == (
        "2 of 10 raw rows: negative order_value 1, unreadable order_value 1"
    )
    assert details["orders", "consistency"] == (
        "2 of 10 raw rows: customer unknown to the customers 1,"
        " ordered before the customer signed up 1"
    )
    assert details["returns", "consistency"] == (
        "3 of 4 raw rows: more refunded than was paid 1,"
        " orphan return (no such order) 1, returned before ordered 1"
    )
    assert details["orders", "timeliness"] == (
        "newest row of 2025-02-03, 17 days before as_of"
    )
    assert details["customers", "consistency"] == "nothing to hold it against"
    assert details["email_events", "timeliness"] == "no row has a time that can be read"
    assert details["web_sessions", "overall"] == "no data"


def test_weights_and_days_are_the_settings(project, scored):
    weights = dict(zip(DIMENSIONS, (1, 0, 0, 0, 3), strict=True))
    again = project.good(
        data=scored.data,
        again=scored,
        select=("quality_scores",),
        vars={
            "quality_weights": weights,
            "timeliness_days": {"fresh": 7, "stale": 27},
            "quarantine_warn_share": 1,
            "quarantine_error_share": 1,
        },
    )
    found = scores_of(again)
    assert found["orders", "timeliness"] == pytest.approx(0.5)
    assert found["orders", "overall"] == pytest.approx(0.9 / 4 + 0.5 * 3 / 4)
    assert found["touchpoints", "timeliness"] == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quality_weights", {"completeness": 1}),
        ("quality_weights", dict.fromkeys(DIMENSIONS, 0)),
        ("quality_weights", dict.fromkeys(DIMENSIONS, 1) | {"validity": -1}),
        ("quality_weights", dict.fromkeys(DIMENSIONS, "some")),
        ("timeliness_days", {"fresh": 3, "stale": 3}),
        ("timeliness_days", {"fresh": -1, "stale": 3}),
        ("timeliness_days", {"fresh": 1}),
        ("timeliness_days", 3),
    ],
    ids=str,
)
def test_nonsense_is_refused_by_name(project, scored, name, value):
    built = project.build(
        data=scored.data, again=scored, select=("channel_map",), vars={name: value}
    )
    assert built.returncode != 0
    assert built.error().startswith(f"Setting {name} must "), built.output[-800:]
    assert "Traceback" not in built.output
