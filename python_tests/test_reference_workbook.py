"""The reference workbook, its raw files and the expected CSV files agree.

The committed workbook is recomputed with a formula engine. Nothing here knows how a
number is defined, but for a few answers worked out by hand.
"""

import csv
import datetime as dt
import io
import sys
from pathlib import Path

import formualizer
import openpyxl
import pytest

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "reference"
EXPECTED = ROOT / "seeds" / "expected"
TOLERANCE = 1e-9

# Number of leading key columns, which are typed in; all others are formulas.
KEYS = {
    "expected_touchpoint_credits": 2,
    "expected_channel_attribution": 3,
    "expected_channel_performance": 3,
    "expected_campaign_performance": 4,
    "expected_attribution_comparison": 2,
    "expected_conversion_paths": 1,
    "expected_business_metrics": 1,
    "expected_kpi_values": 2,
    "expected_forecast_accuracy": 4,
}
RAW = [
    "touchpoints",
    "orders",
    "customers",
    "returns",
    "marketing_spend",
    "email_events",
    "web_sessions",
]


def recompute(workbook):
    """Values of a workbook (bytes) after every formula has been computed."""
    result = formualizer.recalculate_xlsx_bytes(workbook)
    assert not result["summary"].get("error_summary")
    return openpyxl.load_workbook(io.BytesIO(result["bytes"]), data_only=True)


def read_sheet(sheet):
    """Exported part of a tab: header and rows, up to the first empty header."""
    lines = sheet.iter_rows(values_only=True)
    header = []
    for name in next(lines):
        if name is None:
            break
        header.append(name)
    rows = [list(line[: len(header)]) for line in lines if line[0] is not None]
    return header, rows


def read_csv(path):
    """Header and rows of a CSV file, all text."""
    with open(path, encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    return header, rows


def differs(value, text):
    """True when a cell's value is not what a CSV field says."""
    if value in (None, ""):
        return text != ""
    if text == "":
        return True
    if isinstance(value, bool):
        return text != str(value).lower()
    if isinstance(value, dt.datetime):
        return abs(value - dt.datetime.fromisoformat(text)) > dt.timedelta(seconds=0.1)
    if isinstance(value, (int, float)):
        return not abs(value - float(text)) <= TOLERANCE
    return value != text


def differences(header, rows, other_header, other_rows):
    """Sentences saying where a tab and a CSV file differ."""
    if header != other_header:
        return [f"columns {header} against {other_header}"]
    if len(rows) != len(other_rows):
        return [f"{len(rows)} rows against {len(other_rows)}"]
    return [
        f"row {number}, {name}: {value!r} against {text!r}"
        for number, (row, texts) in enumerate(
            zip(rows, other_rows, strict=True), start=2
        )
        for name, value, text in zip(header, row, texts, strict=True)
        if differs(value, text)
    ]


@pytest.fixture(scope="module")
def committed():
    return (REFERENCE / "reference_company.xlsx").read_bytes()


@pytest.fixture(scope="module")
def values(committed):
    return recompute(committed)


@pytest.fixture(scope="module")
def formulas(committed):
    return openpyxl.load_workbook(io.BytesIO(committed))


@pytest.fixture(scope="module")
def touches(values):
    """Rows of the working tab `touches` by (order_id, touchpoint_id)."""
    header, rows = read_sheet(values["touches"])
    return {(row[0], row[1]): dict(zip(header, row, strict=True)) for row in rows}


def lookup(book, tab, *key):
    """One row of a tab, found by its leading columns, as a dictionary."""
    header, rows = read_sheet(book[tab])
    found = [row for row in rows if tuple(row[: len(key)]) == key]
    assert len(found) == 1, f"{tab} {key}: {len(found)} rows"
    return dict(zip(header, found[0], strict=True))


def change(committed, tab, key, column, value):
    """Recompute the workbook after changing one cell of a raw tab."""
    book = openpyxl.load_workbook(io.BytesIO(committed))
    sheet = book[tab]
    header = [cell.value for cell in sheet[1]]
    (row,) = [r for r in range(2, sheet.max_row + 1) if sheet.cell(r, 1).value == key]
    cell = sheet.cell(row, header.index(column) + 1)
    assert cell.value != value
    cell.value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return recompute(buffer.getvalue())


# --- The files agree -------------------------------------------------------


def test_expected_tabs_are_the_known_ones(values):
    tabs = {name for name in values.sheetnames if name.startswith("expected_")}
    assert tabs == set(KEYS)


@pytest.mark.parametrize("tab", KEYS)
def test_committed_csv_equals_the_recomputed_tab(values, tab):
    found = differences(*read_sheet(values[tab]), *read_csv(EXPECTED / f"{tab}.csv"))
    assert not found, found[:5]


@pytest.mark.parametrize("tab", KEYS)
def test_csv_is_sorted_by_a_unique_key_with_plain_line_ends(tab):
    path = EXPECTED / f"{tab}.csv"
    keys = [tuple(row[: KEYS[tab]]) for row in read_csv(path)[1]]
    assert keys == sorted(set(keys))
    assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize("tab", KEYS)
def test_stored_values_are_up_to_date(committed, values, tab):
    stored = openpyxl.load_workbook(io.BytesIO(committed), data_only=True)
    assert read_sheet(stored[tab]) == read_sheet(values[tab])


@pytest.mark.parametrize("tab", RAW)
def test_raw_tab_equals_the_raw_file(values, tab):
    path = REFERENCE / "data" / f"{tab}.csv"
    found = differences(*read_sheet(values[tab]), *read_csv(path))
    assert not found, found[:5]


@pytest.mark.parametrize("tab", KEYS)
def test_every_column_beside_the_key_is_a_formula(formulas, tab):
    sheet = formulas[tab]
    header, rows = read_sheet(sheet)
    literals = [
        f"row {number}, {name}: {value!r}"
        for number, row in enumerate(rows, start=2)
        for name, value in list(zip(header, row, strict=True))[KEYS[tab] :]
        if not (isinstance(value, str) and value.startswith("="))
    ]
    assert rows and not literals, literals[:5]


@pytest.mark.parametrize(
    ("tab", "ids"),
    [
        ("touches", 2),
        ("conversions", 1),
        ("journey_touches", 1),
        ("journeys", 1),
        ("markov_counts", 1),
        ("markov_solve", 2),
        ("shapley_subsets", 1),
        ("channel_shares", 1),
        ("forecast_days", 2),
        ("forecast_paths", 2),
    ],
)
def test_working_tabs_are_formulas_beside_their_ids(formulas, tab, ids):
    _, rows = read_sheet(formulas[tab])
    assert rows
    assert all(str(value).startswith("=") for row in rows for value in row[ids:])


def test_every_check_of_the_workbook_says_ok(values):
    header, rows = read_sheet(values["checks"])
    assert len(rows) > 30
    wrong = [row for row in rows if row[header.index("result")] != "ok"]
    assert not wrong


def test_the_program_builds_the_committed_workbook(formulas, monkeypatch):
    monkeypatch.syspath_prepend(str(REFERENCE))
    import build_workbook

    built = openpyxl.load_workbook(io.BytesIO(build_workbook.build()))
    sys.modules.pop("build_workbook")
    assert built.sheetnames == formulas.sheetnames
    for sheet in built:
        other = list(formulas[sheet.title].iter_rows(values_only=True))
        assert list(sheet.iter_rows(values_only=True)) == other, sheet.title


# --- Answers worked out by hand --------------------------------------------


def test_time_decay_of_14_7_and_0_days(touches):
    path = [touches["O001", touch] for touch in ("T001", "T002", "T003")]
    assert [touch["age_days"] for touch in path] == [14, 7, 0]
    assert [touch["decay_weight"] for touch in path] == [1 / 4, 1 / 2, 1]
    shares = [touch["credit_time_decay"] for touch in path]
    assert shares == pytest.approx([1 / 7, 2 / 7, 4 / 7], abs=1e-12)


@pytest.mark.parametrize(
    ("order", "path", "shares"),
    [
        ("O003", ["T006"], [1]),
        ("O002", ["T004", "T005"], [0.5, 0.5]),
        ("O001", ["T001", "T002", "T003"], [0.4, 0.2, 0.4]),
        (
            "O004",
            ["T007", "T008", "T009", "T010", "T011"],
            [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4],
        ),
        (
            "O019",
            ["T035", "T036", "T037", "T038", "T039", "T040"],
            [0.4, 0.05, 0.05, 0.05, 0.05, 0.4],
        ),
        ("O026", ["T049", "T050", "T051", "T052"], [0.4, 0.1, 0.1, 0.4]),
    ],
)
def test_position_based(touches, order, path, shares):
    found = [touches[order, touch] for touch in path]
    assert [touch["touch_position"] for touch in found] == list(range(1, len(path) + 1))
    credits = [touch["credit_position_based"] for touch in found]
    assert credits == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize(
    ("order", "touch", "seconds", "inside"),
    [
        ("O009", "T016", 30 * 86400 + 1, 0),
        ("O009", "T017", 30 * 86400, 1),
        ("O009", "T018", 0, 1),
        ("O009", "T019", -1, 0),
        ("O005", "T003", 30 * 86400, 1),
        ("O020", "T042", 1, 1),
        ("O027", "T056", 30 * 86400 + 1, 0),
        ("O028", "T057", 30 * 86400, 1),
    ],
)
def test_ends_of_the_window(touches, order, touch, seconds, inside):
    row = touches[order, touch]
    assert row["order_second"] - row["touch_second"] == seconds
    assert row["in_window"] == inside


@pytest.mark.parametrize(
    ("order", "last", "last_non_direct"),
    [
        ("O002", "T005", "T004"),
        ("O018", "T034", "T032"),
        ("O019", "T040", "T039"),
        ("O010", "T022", "T022"),  # all direct
        ("O023", "T046", "T045"),  # both in one second
    ],
)
def test_last_non_direct(touches, order, last, last_non_direct):
    for model, touch in (("last_touch", last), ("last_non_direct", last_non_direct)):
        credited = {
            row["touchpoint_id"]
            for row in touches.values()
            if row["order_id"] == order and row[f"credit_{model}"] == 1
        }
        assert credited == {touch}


def test_equal_timestamps_are_ordered_by_id(touches):
    assert (
        touches["O012", "T023"]["touched_at"] == touches["O012", "T024"]["touched_at"]
    )
    assert touches["O012", "T023"]["credit_first_touch"] == 1
    assert touches["O012", "T024"]["credit_last_touch"] == 1


def test_orders_without_a_touch_or_without_effect(values, touches):
    rows = read_sheet(values["expected_touchpoint_credits"])[1]
    untouched = {row[0] for row in rows if row[1] == "unattributed"}
    assert untouched == {"O006", "O011", "O017", "O024", "O027"}
    assert not {"O008", "O021"} & {row[0] for row in rows}
    assert touches["O008", "T015"]["in_window"] == 0  # cancelled


def test_months_in_money(values):
    """January: 140 + 80 + 65; its spend 35 + 15 + 25 + 25 + 5."""
    january = lookup(values, "expected_business_metrics", dt.datetime(2025, 1, 1))
    assert (january["revenue"], january["orders"], january["spend"]) == (285, 3, 105)
    google = lookup(
        values,
        "expected_channel_performance",
        dt.datetime(2025, 1, 1),
        "google_ads",
        "first_touch",
    )
    # O001 (140) and O004 (200, paid in February) began with it in January.
    assert (google["conversions"], google["revenue"]) == (2, 340)
    assert google["roas"] == pytest.approx(340 / 50, abs=1e-12)
    assert google["cpa"] == pytest.approx(50 / 2, abs=1e-12)


@pytest.mark.parametrize(
    ("kpi", "month", "value", "status"),
    [
        ("conversion_rate", 1, 3 / 150, "ok"),  # on the warning level
        ("average_order_value", 3, 80, "warning"),  # on the critical level
        ("customer_acquisition_cost", 2, 60, "warning"),  # on the critical level
        ("customer_acquisition_cost", 4, 45, "ok"),  # on the warning level
        ("customer_acquisition_cost", 3, 75, "critical"),
        ("return_rate", 4, 1 / 8, "warning"),
        ("roas", 5, None, "no_data"),
        ("email_revenue_last_touch", 1, 140, "not_judged"),
    ],
)
def test_kpi_status(values, kpi, month, value, status):
    row = lookup(values, "expected_kpi_values", kpi, dt.datetime(2025, month, 1))
    assert row["status"] == status
    assert row["value"] == (value if value is None else pytest.approx(value))


# --- The formulas are alive ------------------------------------------------


def test_changing_an_order_value_changes_what_depends_on_it(committed, values):
    changed = change(committed, "orders", "O001", "order_value", 1140)
    january = dt.datetime(2025, 1, 1)
    for tab, key, column, rise in [
        ("expected_touchpoint_credits", ("O001", "T001"), "conversion_value", 1000),
        (
            "expected_channel_attribution",
            (january, "email", "linear"),
            "revenue",
            1e3 / 3,
        ),
        (
            "expected_channel_performance",
            (january, "meta", "time_decay"),
            "revenue",
            2e3 / 7,
        ),
        (
            "expected_campaign_performance",
            (january, "meta", "winter_sale", "position_based"),
            "revenue",
            200,
        ),
        ("expected_attribution_comparison", ("email", "last_touch"), "revenue", 1000),
        ("expected_conversion_paths", ("google_ads > meta > email",), "revenue", 1000),
        ("expected_business_metrics", (january,), "revenue", 1000),
        ("expected_kpi_values", ("average_order_value", january), "value", 1e3 / 3),
    ]:
        before = lookup(values, tab, *key)[column]
        after = lookup(changed, tab, *key)[column]
        assert after - before == pytest.approx(rise), (tab, key)


def test_a_touch_moved_by_a_second_enters_the_window(committed):
    moment = dt.datetime(2025, 2, 18, 15, 0, 0)
    changed = change(committed, "touchpoints", "T016", "touched_at", moment)
    row = lookup(changed, "touches", "O009", "T016")
    assert (row["in_window"], row["touch_position"], row["path_length"]) == (1, 1, 3)
    # The list of credit rows is now too short, and the checks say so.
    assert "WRONG" in [row[-1] for row in read_sheet(changed["checks"])[1]]


def test_a_touch_moved_by_a_second_fails_its_journey(committed):
    """C02 then waits a second more than 30 days; T057 is all of its journey."""
    moment = dt.datetime(2025, 4, 20, 7, 59, 59)
    changed = change(committed, "touchpoints", "T057", "touched_at", moment)
    assert lookup(changed, "journeys", "C02|2")["is_converted"] == 0
    referral = lookup(changed, "markov_counts", "referral")
    assert (referral["to_conversion"], referral["to_null"]) == (2, 1)
    whole = lookup(changed, "markov_solve", "(none)", "(start)")
    assert whole["conversion_probability"] == pytest.approx(19 / 27)
    # Shapley values add up to the rate of all journeys.
    rows = read_sheet(changed["channel_shares"])
    position = rows[0].index("conversions_shapley_value")
    assert sum(row[position] for row in rows[1]) == pytest.approx(19 / 27)


def test_an_order_value_moves_shares_of_revenue_only(committed, values):
    changed = change(committed, "orders", "O028", "order_value", 1150)
    for model in ("markov", "shapley"):
        before = lookup(values, "expected_attribution_comparison", "referral", model)
        after = lookup(changed, "expected_attribution_comparison", "referral", model)
        assert after["conversions"] == before["conversions"]
        assert after["revenue_share"] > before["revenue_share"]
    assert {row[-1] for row in read_sheet(changed["checks"])[1]} == {"ok"}


def test_settings_steer_the_credits(committed):
    changed = change(committed, "settings", "half_life_days", "setting", 14)
    path = [lookup(changed, "touches", "O001", t) for t in ("T001", "T002", "T003")]
    weights = [0.5, 0.5**0.5, 1]
    shares = [weight / sum(weights) for weight in weights]
    assert [row["credit_time_decay"] for row in path] == pytest.approx(shares)
