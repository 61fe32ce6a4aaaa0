"""Marts are equal within 1e-9 and in every text, whatever the order of rows."""

import datetime
import decimal
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from compare import difference, plain

NAMES = ["key", "value"]


def test_order_of_rows_and_columns_does_not_matter():
    rows = [("a", 1.0), ("b", None), ("c", 3.0)]
    turned = (["value", "key"], [(value, key) for key, value in reversed(rows)])
    assert difference(turned, (NAMES, rows)) is None


@pytest.mark.parametrize(
    "found",
    [
        [("a", 1.0 + 2e-9)],
        [("a", None)],
        [("A", 1.0)],
        [],
        [("a", 1.0), ("a", 1.0)],
        [("a", "1.0")],
    ],
)
def test_what_differs_is_found(found):
    assert difference((NAMES, found), (NAMES, [("a", 1.0)]))


def test_numbers_may_differ_by_their_last_digits():
    assert difference((NAMES, [("a", 1e6 + 1e-4)]), (NAMES, [("a", 1e6)])) is None
    assert difference((NAMES, [("a", 1e-12)]), (NAMES, [("a", 0.0)])) is None


def test_another_column_is_found():
    assert "extra" in difference((["key", "extra"], []), (NAMES, []))


def test_cells_are_compared_without_zone_and_decimal_type():
    at = datetime.datetime(2025, 6, 9, tzinfo=datetime.UTC)
    assert plain(at) == datetime.datetime(2025, 6, 9)
    assert plain(decimal.Decimal("1.25")) == 1.25
    assert plain(float("nan")) is None
