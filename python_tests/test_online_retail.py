"""A real shop export goes through: docs/examples/online_retail.py.

The program is run on a small export made by hand, and what it writes is compared
line by line. Where the environment variable INSIGHT_ONLINE_RETAIL names the real
file (Online Retail of the UCI Machine Learning Repository, as Parquet), that too goes
through the program and through the whole project, tests included.
"""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from harness import MODELS, ROOT

PROGRAM = ROOT / "docs" / "examples" / "online_retail.py"
REAL_EXPORT = os.environ.get("INSIGHT_ONLINE_RETAIL")
GROSS_SALES = Decimal("10666684.54")
CREDIT_NOTES = Decimal("-896812.49")
NET = Decimal("9747747.93")
LINES = 541_909

COLUMNS = [
    "InvoiceNo",
    "StockCode",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
]
SMALL_EXPORT = [
    # An invoice written across two minutes, with a line that stands twice.
    ("536365", "85123A", 6, "2010-12-01 08:26", 2.55, 17850),
    ("536365", "71053", 4, "2010-12-01 08:27", 3.39, 17850),
    ("536365", "71053", 4, "2010-12-01 08:27", 3.39, 17850),
    ("536365", "POST", 1, "2010-12-01 08:26", 18.00, 17850),
    ("536366", "85123A", 6, "2010-12-02 10:00", 2.55, 17850),
    # A guest, a thousandth of a pound, an adjustment that the shop counts as sold.
    ("536500", "71053", 10, "2010-12-02 11:00", 1.00, None),
    ("536503", "PADS", 1, "2010-12-03 09:00", 0.001, 12346),
    ("A563185", "B", 1, "2011-08-12 14:50", 11062.06, None),
    # Credit notes: before the sale, whole, part, more than one invoice has left,
    # something else, carriage, manual, a guest's.
    ("C536360", "71053", -1, "2010-12-01 08:00", 3.39, 17850),
    ("C536400", "85123A", -6, "2010-12-03 10:00", 2.55, 17850),
    ("C536401", "85123A", -2, "2010-12-03 10:01", 2.55, 17850),
    ("C536402", "85123A", -9, "2010-12-03 10:02", 2.55, 17850),
    ("C536403", "22423", -1, "2010-12-03 10:03", 12.75, 17850),
    ("C536404", "POST", -1, "2010-12-03 10:04", 18.00, 17850),
    ("C536405", "M", -1, "2010-12-03 10:05", 5.00, 17850),
    ("C536406", "71053", -1, "2010-12-03 10:06", 3.39, None),
    # Bad debt, a write-off, goods without a price.
    ("A563186", "B", 1, "2011-08-12 14:51", -11062.06, None),
    ("536501", "22139", -30, "2010-12-02 12:00", 0.0, None),
    ("536502", "22139", 5, "2010-12-02 13:00", 0.0, None),
]

ORPHAN = "credit note without one fitting invoice (orphan)"
REASONS = {
    ("orders", "sales"): (8, "11147.78"),
    ("returns", "credit note matched to an invoice"): (3, "-38.40"),
    ("returns", ORPHAN): (1, "-22.95"),
    ("left out", "credit note for goods not bought before"): (2, "-16.14"),
    ("left out", "credit note for a fee, discount or manual entry"): (1, "-5.00"),
    ("left out", "credit note without a customer"): (1, "-3.39"),
    ("left out", "bad debt: negative price"): (1, "-11062.06"),
    ("left out", "write-off: negative quantity, no credit note"): (1, "0.00"),
    ("left out", "no price: nothing was paid"): (1, "0.00"),
}


class Converted:
    """What the program printed and wrote."""

    def __init__(self, folder, printed):
        self.folder = folder
        self.printed = printed

    def rows(self, sql):
        """Rows of `sql` over the written files, each a view of its name."""
        with duckdb.connect() as connection:
            for path in sorted(self.folder.glob("*.csv")):
                connection.execute(
                    f"create view {path.stem} as"
                    f" from read_csv('{path}', all_varchar = true)"
                )
            return connection.execute(sql).fetchall()

    def reconciliation(self):
        """The printed table: (place, reason) -> (lines, value), and the total."""
        table = {}
        for line in self.printed.splitlines():
            found = re.fullmatch(r"(.{9}) (.{50}) +([\d,]+) +(-?[\d,.]+)", line)
            if found:
                place, reason, lines, value = (text.strip() for text in found.groups())
                table[place, reason] = (
                    int(lines.replace(",", "")),
                    Decimal(value.replace(",", "")),
                )
        return table, table.pop(("total", ""))


def convert(export, folder, *arguments):
    """Run the program as a user does."""
    done = subprocess.run(
        [sys.executable, PROGRAM, export, "--output", folder, *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Converted(Path(folder), done.stdout)


def write_small_export(path, lines):
    """Write `lines` with the columns and types of the real file."""
    frame = pd.DataFrame(lines, columns=COLUMNS)
    frame["InvoiceDate"] = pd.to_datetime(frame["InvoiceDate"])
    # With a gap in it the column of ids holds floats, as in many copies.
    frame["CustomerID"] = frame["CustomerID"].astype(float)
    frame["Quantity"] = frame["Quantity"].astype("int32")
    frame["Description"] = "SOMETHING NICE"
    frame["Country"] = "United Kingdom"
    frame.to_parquet(path)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small_export")
    export = write_small_export(folder / "lines.parquet", SMALL_EXPORT)
    return convert(export, folder / "shop")


def test_an_order_is_an_invoice_with_the_value_of_its_sales(small):
    assert small.rows("from orders") == [
        ("536365", "17850", "2010-12-01 08:26:00", "60.42"),
        ("536366", "17850", "2010-12-02 10:00:00", "15.30"),
        ("536500", None, "2010-12-02 11:00:00", "10.00"),
        ("536503", "12346", "2010-12-03 09:00:00", "0.00"),
        ("A563185", None, "2011-08-12 14:50:00", "11062.06"),
    ]


def test_a_return_names_the_latest_invoice_with_enough_left(small):
    assert small.rows("from returns") == [
        ("536365", "2010-12-03 10:01:00", "5.10"),
        ("536365", "2010-12-03 10:04:00", "18.00"),
        ("536366", "2010-12-03 10:00:00", "15.30"),
        # Fitted no single invoice: its own number, for the quarantine to keep.
        ("C536402", "2010-12-03 10:02:00", "22.95"),
    ]


def test_what_is_left_out_is_written_with_its_reason(small):
    left_out = {
        invoice: reason
        for invoice, reason in small.rows("select invoice, reason from left_out")
    }
    assert left_out == {
        "C536360": "credit note for goods not bought before",
        "C536403": "credit note for goods not bought before",
        "C536405": "credit note for a fee, discount or manual entry",
        "C536406": "credit note without a customer",
        "A563186": "bad debt: negative price",
        "536501": "write-off: negative quantity, no credit note",
        "536502": "no price: nothing was paid",
    }


def test_the_printed_table_adds_up_to_every_line(small):
    table, total = small.reconciliation()
    assert table == {
        place_and_reason: (lines, Decimal(value))
        for place_and_reason, (lines, value) in REASONS.items()
    }
    assert total == (len(SMALL_EXPORT), Decimal("-0.16"))
    assert "1 lines repeat another line exactly" in small.printed
    assert "13.56 of the sales, 0.00 of the credit notes" in small.printed


def test_credit_notes_in_one_minute_against_one_invoice_are_one_return(tmp_path):
    # Two equal rows would look like a duplicate, and one of them would be kept out.
    lines = [
        ("536365", "85123A", 6, "2010-12-01 08:26", 2.55, 17850),
        ("C536400", "85123A", -1, "2010-12-03 10:00", 2.55, 17850),
        ("C536401", "85123A", -1, "2010-12-03 10:00", 2.55, 17850),
    ]
    export = write_small_export(tmp_path / "lines.parquet", lines)
    assert convert(export, tmp_path / "shop").rows("from returns") == [
        ("536365", "2010-12-03 10:00:00", "5.10")
    ]


def test_lines_of_one_invoice_are_credited_together(tmp_path):
    lines = [
        ("536365", "85123A", 4, "2010-12-01 08:26", 2.55, 17850),
        ("536365", "85123A", 2, "2010-12-01 08:26", 2.10, 17850),
        ("C536400", "85123A", -6, "2010-12-03 10:00", 2.40, 17850),
    ]
    export = write_small_export(tmp_path / "lines.parquet", lines)
    assert convert(export, tmp_path / "shop").rows("from returns") == [
        ("536365", "2010-12-03 10:00:00", "14.40")
    ]


def test_touchpoints_lie_before_orders_of_known_customers(tmp_path):
    lines = [
        (
            str(number),
            "85123A",
            1,
            f"2011-{1 + number % 6:02d}-15 10:00",
            2.55,
            number % 50 if number % 7 else None,
        )
        for number in range(1, 400)
    ]
    export = write_small_export(tmp_path / "lines.parquet", lines)
    shop = convert(export, tmp_path / "shop")
    ((touches, channels, ids),) = shop.rows(
        "select count(*), count(distinct channel), count(distinct touchpoint_id)"
        " from touchpoints"
    )
    assert touches == ids > 300
    assert channels == 7
    wrong = shop.rows(
        """
        select touchpoint_id
        from touchpoints
        left join orders
            on orders.order_id = split_part(touchpoint_id, '-', 1)
            and orders.customer_id = touchpoints.customer_id
            and cast(touched_at as timestamp) <= cast(ordered_at as timestamp)
            and cast(touched_at as timestamp)
                > cast(ordered_at as timestamp) - interval '20' day
        where
            orders.order_id is null
            or cast(touched_at as timestamp)
                < (select min(cast(ordered_at as timestamp)) from orders)
        """
    )
    assert wrong == []
    written = (shop.folder / "touchpoints.csv").read_bytes()
    again = convert(export, tmp_path / "again").folder / "touchpoints.csv"
    assert again.read_bytes() == written
    other = convert(export, tmp_path / "other", "--seed", "2").folder
    assert (other / "touchpoints.csv").read_bytes() != written


needs_real_export = pytest.mark.skipif(
    not REAL_EXPORT,
    reason="INSIGHT_ONLINE_RETAIL does not name the Online Retail file (Parquet)",
)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return convert(REAL_EXPORT, tmp_path_factory.mktemp("online_retail") / "my_shop")


@pytest.fixture(scope="module")
def real_build(real, project):
    """The whole project on the real export, by the dbt command, tests included."""
    built = project.build(data=real.folder, select=None, tests=True, command_line=True)
    assert built.returncode == 0, built.output[-6000:]
    return built


@needs_real_export
def test_the_real_export_adds_up(real):
    table, total = real.reconciliation()
    assert table["orders", "sales"] == (530_104, GROSS_SALES)
    credit_notes = [
        row for (_, reason), row in table.items() if reason.startswith("credit note")
    ]
    assert sum(lines for lines, _ in credit_notes) == 9_288
    assert sum(value for _, value in credit_notes) == CREDIT_NOTES
    assert sum(lines for lines, _ in table.values()) == LINES
    assert sum(value for _, value in table.values()) == NET
    assert total == (LINES, NET)
    # What the files hold is what the table says.
    ((orders,),) = real.rows(
        "select sum(cast(order_value as decimal(18, 2))) from orders"
    )
    ((refunds,),) = real.rows(
        "select -sum(cast(refund_amount as decimal(18, 2))) from returns"
    )
    ((lines, value),) = real.rows(
        "select count(*), sum(cast(line_value as decimal(18, 2))) from left_out"
    )
    assert orders + refunds + value == NET
    places = [(place, row) for (place, _), row in table.items()]
    assert lines == sum(row[0] for place, row in places if place == "left out")
    assert refunds == sum(row[1] for place, row in places if place == "returns")


@needs_real_export
def test_revenue_of_the_real_export_is_right_to_the_cent(real_build):
    staged = "select sum(order_value), count(*) from staging.stg_orders"
    assert real_build.rows(staged) == [(GROSS_SALES, 19_960)]
    by_model = real_build.rows(
        "select attribution_model, cast(sum(revenue) as decimal(18, 2)),"
        " cast(sum(conversions) as decimal(18, 6))"
        " from marts.attribution_comparison group by 1"
    )
    heuristics = {row[0]: row[1:] for row in by_model if row[0] in MODELS}
    assert heuristics == dict.fromkeys(MODELS, (GROSS_SALES, 19_960))
    # Whatever models there will be: none loses a penny.
    assert {row[1] for row in by_model} == {GROSS_SALES}
    monthly = real_build.value(
        "select cast(sum(value) as decimal(18, 2)) from marts.kpi_values"
        " where kpi = 'monthly_revenue'"
    )
    assert monthly == GROSS_SALES


@needs_real_export
def test_nothing_of_the_real_export_is_lost(real, real_build):
    for table, (raw, staged, quarantined) in real_build.counts().items():
        assert raw == staged + quarantined, table
    assert real_build.reasons("orders") == {}
    assert real_build.reasons("touchpoints") == {}
    assert list(real_build.reasons("returns")) == ["orphan return (no such order)"]
    table, _ = real.reconciliation()
    ((staged,),) = real_build.rows("select sum(refund_amount) from staging.stg_returns")
    ((quarantined,),) = real_build.rows(
        "select sum(cast(json_extract_string(raw_row, '$.refund_amount')"
        " as decimal(18, 2))) from quality.quarantined_rows"
    )
    assert -staged == table["returns", "credit note matched to an invoice"][1]
    assert -quarantined == table["returns", ORPHAN][1]


@needs_real_export
def test_guests_of_the_real_export_are_revenue_without_a_channel(real_build):
    guests = real_build.value(
        "select count(*) from staging.stg_orders where customer_id is null"
    )
    unattributed = real_build.value(
        "select count(*) from marts.touchpoint_credits"
        " where channel = 'unattributed' and customer_id is null"
    )
    assert guests == unattributed == 1_428


@needs_real_export
def test_the_largest_buyers_of_the_real_export_are_no_segment(real_build):
    """The best silhouette parts a few dozen wholesalers from 4,300 customers."""
    candidates = real_build.query(
        "select * from marts.clustering_comparison order by silhouette desc nulls last"
    )
    trap = candidates.iloc[0]
    assert (trap["clusters"], trap["method"]) == (2, "kmeans")
    assert trap["silhouette"] > 0.85
    assert trap["smallest_cluster_share"] < 0.01
    assert trap["rejection_reason"] == "smallest cluster under 1 % of customers"
    (chosen,) = candidates[candidates["is_selected"]].to_dict("records")
    assert (chosen["method"], chosen["clusters"]) == ("kmeans", 5)
    assert chosen["feature_scaling"] == "unskewed"
    shares = real_build.rows("select customer_share from marts.segment_profiles")
    assert len(shares) == 5
    assert min(share for (share,) in shares) > 0.05
    noisy = candidates[candidates["noise_share"] > 0.2]
    assert len(noisy) > 0
    assert set(noisy["rejection_reason"]) == {"more than 20 % noise"}
