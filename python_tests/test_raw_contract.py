"""Raw files as a new user would bring them: read right, quarantined, or refused.

Refused means one sentence that names the file, what is wrong and what to do.
Quarantined means a row with its reason. In every run, each row of the file is staged
or quarantined: none is lost and none is made up.
"""

import csv
import datetime as dt
import io
import json

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from harness import ALL_MODELS, ATTRIBUTION, EVERYTHING, RAW_TABLES, STAGING

TOUCHPOINTS = "customer_id,channel,touched_at\nU1,Google,2024-01-01 10:00:00\n"
HEADER = "order_id,customer_id,ordered_at,order_value,product_category\n"
ORDERS = HEADER + "1,U1,2024-01-02 10:00:00,5,toys\n"
SOUND = {"touchpoints": TOUCHPOINTS, "orders": ORDERS}


def order_lines(*ids):
    """Lines of sound orders with these ids; order n is worth n and a half."""
    return "".join(f"{n},U{n},2024-01-02 10:00:00,{n}.50,category {n}\n" for n in ids)


def csv_text(header, rows):
    """CSV text, quoted where needed."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue()


def assert_nothing_lost(built, **expected):
    """Raw rows = staged + quarantined everywhere, and as `expected` where given."""
    counts = built.counts()
    for table, (raw, staged, quarantined) in counts.items():
        assert raw == staged + quarantined, (table, counts[table])
    assert {table: counts[table] for table in expected} == expected


@pytest.fixture
def staged(project):
    """Function that stages sound files with some replaced (None: left out)."""

    def build(changes, expected_orders=None, **settings):
        raw = {k: v for k, v in (SOUND | changes).items() if v is not None}
        built = project.good(raw, **({"select": STAGING} | settings))
        expected = {} if expected_orders is None else {"orders": expected_orders}
        assert_nothing_lost(built, **expected)
        return built

    return build


# --- Refused ---------------------------------------------------------------------

REFUSED = {
    "missing touchpoints": (
        {"touchpoints": None},
        [
            "touchpoints.csv",
            "touchpoints.parquet",
            "it holds: orders.csv",
            "file_names",
        ],
    ),
    "missing orders": (
        {"orders": None},
        ["orders.csv", "required", "it holds: touchpoints.csv", "file_names"],
    ),
    "empty file": ({"orders": ""}, ["orders.csv is empty (0 bytes)", "export"]),
    "blank lines only": ({"orders": "\n \n\n"}, ["orders.csv", "blank", "export"]),
    "empty optional file": ({"returns": ""}, ["returns.csv is empty", "export"]),
    "missing column": (
        {"orders": "order_id,customer_id,order_value\n1,2,3\n"},
        [
            "orders.csv",
            "no column 'ordered_at'",
            "order_id, customer_id, order_value",
            "column_names: {orders: {ordered_at: <your column>}}",
        ],
    ),
    "missing column of an optional table": (
        {"returns": "order_id,returned_at\n1,2024-01-05\n"},
        ["returns.csv", "no column 'refund_amount'", "column_names"],
    ),
    "missing column in Parquet": (
        {
            "orders": None,
            "orders.parquet": pd.DataFrame({"order_id": [1], "when": [2]}),
        },
        ["orders.parquet", "no column 'customer_id'", "order_id, when"],
    ),
    "delimiter that no one uses": (
        {"orders": "order_id~customer_id~ordered_at~order_value\n1~2~2024-01-01~3\n"},
        ["orders.csv", "no column 'order_id'", "comma, semicolon, tab or |"],
    ),
    "a title above the header": (
        {"orders": "Export of January\n" + ORDERS},
        ["orders.csv", "no column 'order_id'", "Export of January"],
    ),
    "a header twice the same": (
        {"orders": "order_id,customer_id,ordered_at,order_value,order_id\n1,2,3,4,5\n"},
        ["orders.csv", "two columns named 'order_id'", "rename"],
    ),
    "a header twice but for case": (
        {"orders": "order_id,customer_id,ordered_at,order_value,Order ID\n1,2,3,4,5\n"},
        ["orders.csv", "two columns named 'Order ID'", "rename"],
    ),
    "both CSV and Parquet": (
        {"orders.parquet": pd.DataFrame({"order_id": [1]})},
        ["more than once (orders.csv, orders.parquet)", "keep one", "folder 'orders'"],
    ),
    "both file and folder": (
        {"orders/part.csv": ORDERS},
        ["more than once", "orders.csv", "orders/", "keep one"],
    ),
    "an empty folder of parts": (
        {"orders": None, "orders/readme.txt": "nothing here"},
        ["orders.csv", "required"],
    ),
    "a part without a column": (
        {"orders": None, "orders/a.csv": ORDERS, "orders/b.csv": "order_id\n1\n"},
        ["b.csv", "no column 'customer_id'"],
    ),
    "text named Parquet": (
        {"orders": None, "orders.parquet": ORDERS.encode()},
        ["orders.parquet", "not a complete Parquet file", "export"],
    ),
    "Parquet cut short": (
        {"orders": None, "orders.parquet": b"PAR1" + b"x" * 40 + b"PAR1"},
        ["orders.parquet", "Parquet", "export"],
    ),
    "a quote never closed": (
        {
            "orders": HEADER
            + order_lines(1, 2)
            + '3,U3,2024-01-02,5,"abc\n'
            + order_lines(*range(4, 9))
        },
        ["orders.csv", "8 lines", "double quote", "export"],
    ),
    "a quote closed by the next one": (
        {
            "orders": HEADER
            + order_lines(1, 2)
            + '3,U3,2024-01-02,5,"abc\n'
            + order_lines(4, 5)
            + '6,U6,2024-01-02,5,"Home, Garden"\n'
            + order_lines(7)
        },
        ["orders.csv", "double quote", "export"],
    ),
    "wrong file name in the settings": (
        {},
        ["my_orders.csv", "file_names"],
        {"file_names": {"orders": "my_orders"}},
    ),
    "wrong optional file name in the settings": (
        {},
        ["refunds.csv", "file_names"],
        {"file_names": {"returns": "refunds"}},
    ),
    "wrong column name in the settings": (
        {},
        [
            "orders.csv",
            "no column 'amount_paid'",
            "vars.yml names for order_value",
            "order_id, customer_id, ordered_at, order_value",
        ],
        {"column_names": {"orders": {"order_value": "amount_paid"}}},
    ),
    "a schema without the tables": (
        {},
        ["schema 'nowhere'", "'touchpoints'", "file_names"],
        {"raw_schema": "nowhere"},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_sentence(project, case):
    """The run stops before any model with a sentence to act on."""
    changes, fragments, *settings = REFUSED[case]
    raw = {k: v for k, v in (SOUND | changes).items() if v is not None}
    built = project.build(raw, vars=settings[0] if settings else None, select=STAGING)
    assert built.returncode != 0
    message = built.error()
    assert message.startswith("Raw data: "), built.output[-1500:]
    for fragment in fragments:
        assert fragment in message
    assert message.endswith(".")
    assert "Traceback" not in built.output
    assert "stg_" not in built.output, "a model was built"


def test_missing_folder(project, tmp_path):
    """The folder is named, and the variable that sets it."""
    built = project.build(data=tmp_path / "nowhere", select=STAGING)
    assert built.returncode != 0
    assert built.error().startswith("Raw data: the folder")
    assert "nowhere' does not exist: set INSIGHT_DATA" in built.error()
    assert "Traceback" not in built.output


def test_the_sentence_of_the_dbt_command(project):
    """The same through dbt itself."""
    built = project.build(
        {"touchpoints": TOUCHPOINTS}, select=STAGING, command_line=True
    )
    assert built.returncode != 0
    assert "has no orders.csv" in built.error()
    assert "Traceback" not in built.output


# --- Read all the same -----------------------------------------------------------

COLUMNS = HEADER.strip().split(",")
# @ is replaced by something that tells the orders of different files apart.
THREE = HEADER + "".join("@" + order_lines(n) for n in (1, 2, 3))
NAMED = csv_text(
    COLUMNS,
    [
        ("@1", "Müller", "2024-01-02", 5.5, "café ☕"),
        ("@2", "Øre", "2024-01-02", 1234.25, 'say "hi", you'),
    ],
)
LATIN = NAMED.replace(" ☕", "")
WINDOWS = NAMED.replace("☕", "€ – “no”")
# What is read: the plain text of the file, the text as it comes, its encoding.
READ = {
    "tabs": (THREE, THREE.replace(",", "\t")),
    "pipes": (THREE, THREE.replace(",", "|")),
    "semicolons": (THREE, THREE.replace(",", ";")),
    "semicolons and decimal commas": (
        THREE,
        THREE.replace(",", ";").replace(".5", ",5"),
    ),
    "Windows line ends": (THREE, THREE.replace("\n", "\r\n")),
    "mixed line ends": (THREE, THREE.replace("\n", "\r\n", 2)),
    "no line end at the end": (THREE, THREE.rstrip("\n")),
    "blank lines at the end": (THREE, THREE + "\n\n"),
    "quotes around everything": (
        THREE,
        "\n".join(
            ",".join(f'"{cell}"' for cell in line.split(","))
            for line in THREE.splitlines()
        ),
    ),
    "blanks and case in the header": (
        THREE,
        THREE.replace(
            HEADER, " Order ID ,CUSTOMER-ID,Ordered_At,Order Value,Product Category\n"
        ),
    ),
    "other names of the columns": (
        THREE,
        THREE.replace(HEADER, "transaction_id,user_id,timestamp,amount,category\n"),
    ),
    "columns in another order, and more of them": (
        THREE,
        csv_text(
            ["note", *reversed(COLUMNS)],
            [["x, y", *reversed(line.split(","))] for line in THREE.splitlines()[1:]],
        ),
    ),
    "UTF-8": (NAMED, NAMED),
    "UTF-8 with BOM": (NAMED, NAMED, "utf-8-sig"),
    "Latin-1": (LATIN, LATIN, "latin-1"),
    "UTF-16 with BOM": (NAMED, NAMED, "utf-16"),
}
# Read right, or refused in a sentence that says what to do.
READ_OR_REFUSED = {
    "old Mac line ends": (THREE, THREE.replace("\n", "\r"), "utf-8", "line"),
    "Windows-1252": (WINDOWS, WINDOWS, "cp1252", "UTF-8"),
    "UTF-16 big-endian with BOM": (NAMED, "\ufeff" + NAMED, "utf-16-be", "UTF-8"),
    "UTF-16 without BOM": (NAMED, NAMED, "utf-16-le", "UTF-8"),
}


def orders_in(text, mark):
    """Id, customer, value and category of each order of a plain CSV text."""
    return [
        (n.replace("@", mark), who, float(value), what)
        for n, who, _, value, what in list(csv.reader(io.StringIO(text)))[1:]
    ]


ORDERS_STAGED = (
    "select order_id, customer_id, cast(order_value as double), product_category"
    " from staging.stg_orders"
)


def read_as_parts():
    """Every file of READ as a part of one table, with ids of its own."""
    parts = {"touchpoints": TOUCHPOINTS}
    for number, (_, text, *encoding) in enumerate(READ.values()):
        text = text.replace("@", f"{number}-")
        parts[f"orders/part{number:02d}.CSV"] = text.encode(*encoding)
    return parts


@pytest.mark.parametrize("case", READ)
def test_files_of_many_shapes_and_encodings(project, case):
    """Delimiters, line ends, headers, encodings: the orders are the orders."""
    built = project.once("shapes", read_as_parts, select=STAGING)
    number = list(READ).index(case)
    expected = orders_in(READ[case][0], f"{number}-")
    assert (
        built.rows(f"{ORDERS_STAGED} where order_id like '{number}-%' order by 1")
        == expected
    )
    assert built.counts()["orders"][2] == 0


def test_a_single_file_in_capitals_under_another_name(staged):
    """Names of files and columns that are recognised without a setting."""
    names = "transaction_id,user_id,timestamp,amount,category\n"
    built = staged(
        {"orders": None, "Purchases.CSV": THREE.replace(HEADER, names)}, (3, 3, 0)
    )
    assert built.rows(f"{ORDERS_STAGED} order by 1") == orders_in(THREE, "@")


@pytest.mark.parametrize("case", READ_OR_REFUSED)
def test_files_that_may_be_refused(project, case):
    """Read right, or one sentence that names the file and what to do."""
    plain, text, encoding, advice = READ_OR_REFUSED[case]
    raw = {"touchpoints": TOUCHPOINTS, "orders": text.encode(encoding)}
    built = project.build(raw, select=STAGING)
    if built.returncode:
        assert built.error().startswith("Raw data: "), built.output[-1500:]
        assert "orders.csv" in built.error()
        assert advice in built.error()
    else:
        assert built.rows(f"{ORDERS_STAGED} order by 1") == orders_in(plain, "@")
        assert_nothing_lost(built)


def test_embedded_line_breaks_stay_in_their_cell(staged):
    """A quoted cell over several lines is one cell."""
    text = HEADER + order_lines(1) + '2,U2,2024-01-02,5,"a\nb\n\nc, ""d"""\n'
    built = staged({"orders": text + order_lines(3)}, (3, 3, 0))
    assert (
        built.value(
            "select product_category from staging.stg_orders where order_id = '2'"
        )
        == 'a\nb\n\nc, "d"'
    )


def test_header_only_files_are_empty_tables(staged):
    """A shop without orders yet."""
    built = staged(
        {
            "orders": HEADER,
            "returns": "order_id,returned_at,refund_amount",
            "marketing_spend": "spend_date,channel,spend\n",
        },
        (0, 0, 0),
        select=EVERYTHING,
    )
    assert built.value("select count(*) from marts.touchpoint_credits") == 0
    assert built.value("select count(*) from marts.conversion_paths") == 0


def test_spend_stays_where_nothing_was_bought(staged):
    """Spend without any conversion is still shown."""
    built = staged(
        {
            "orders": HEADER,
            "marketing_spend": "spend_date,channel,spend\n2024-01-05,meta,70\n",
        },
        (0, 0, 0),
        select=EVERYTHING,
    )
    for mart in ("channel_performance", "campaign_performance"):
        rows = built.rows(
            f"select channel, spend, conversions, roas, cpa from marts.{mart}"
            " where attribution_model = 'linear'"
        )
        assert rows == [("meta", 70, 0, 0, None)], mart


# --- Lines that do not split -----------------------------------------------------

BROKEN_LINES = {
    "too few cells": ("9,U9,2024-01-02", "malformed line: missing columns"),
    "too many cells": ("9,U9,2024-01-02,5,a,b,c", "malformed line: too many columns"),
    "text after a closing quote": (
        '9,U9,2024-01-02,5,"24" screen',
        "malformed line: unquoted value",
    ),
}


LINE_ENDS = {
    "\\n": lambda text: text,
    "\\r\\n": lambda text: text.replace("\n", "\r\n"),
    "mixed": lambda text: text.replace("\n", "\r\n", 2),
}


def broken_parts():
    """Each broken line among five sound ones, with each kind of line end."""
    parts = {"touchpoints": TOUCHPOINTS}
    number = 0
    for line, _ in BROKEN_LINES.values():
        for line_end in LINE_ENDS.values():
            number += 10
            sound = range(number + 100, number + 105)
            text = HEADER + order_lines(*sound[:3]) + line + "\n"
            text += order_lines(*sound[3:])
            parts[f"orders/part{number // 10 - 1}.csv"] = line_end(text)
    return parts


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("case", BROKEN_LINES)
def test_a_broken_line_is_one_quarantined_row(project, case, line_end):
    """The line is kept as it came; its neighbours are read."""
    built = project.once("broken lines", broken_parts, select=STAGING)
    line, reason = BROKEN_LINES[case]
    place = list(BROKEN_LINES).index(case) * 3 + list(LINE_ENDS).index(line_end)
    rows = built.rows(
        "select table_name, reason, trim(raw_row, chr(10) || chr(13))"
        f" from quality.quarantined_rows where source_file = 'orders/part{place}.csv'"
    )
    assert rows == [("orders", reason, line)]
    first = place * 10 + 110
    assert (
        built.value(
            "select count(*) from staging.stg_orders"
            f" where try_cast(order_id as integer) between {first} and {first + 4}"
        )
        == 5
    )


def test_many_broken_lines_in_a_file_with_cells_over_several_lines(staged):
    """Each is counted; the long cells are not taken for lost lines."""
    text = HEADER
    for n in range(0, 400, 4):
        text += order_lines(n) + f'{n + 1},U,2024-01-02,5,"a\nb\nc"\n'
        text += f"{n + 2},U,2024-01-02\n" + f"{n + 3},U,2024-01-02,5,a,b\n"
    built = staged({"orders": text}, (400, 200, 200))
    assert built.reasons("orders") == {
        "malformed line: missing columns": 100,
        "malformed line: too many columns": 100,
    }


UNCLOSED = '3,U3,2024-01-02,5,"abc\n'
SWALLOWING = {
    "never closed, mixed line ends": (
        order_lines(1, 2).replace("\n", "\r\n") + UNCLOSED + order_lines(*range(4, 9))
    ),
    "closed by the next quote, mixed line ends": (
        order_lines(1, 2).replace("\n", "\r\n")
        + UNCLOSED
        + order_lines(4, 5)
        + '6,U6,2024-01-02,5,"Home, Garden"\n'
        + order_lines(7, 8)
    ),
    "closed by a stray quote some lines on": (
        order_lines(1, 2)
        + UNCLOSED
        + order_lines(4, 5)
        + '6,U6,2024-01-02,5,24 inch"\n'
        + order_lines(7, 8)
    ),
}


@pytest.mark.parametrize("case", SWALLOWING)
def test_a_stray_quote_does_not_swallow_orders(project, case):
    """Either the file is refused, or every line is staged or quarantined."""
    text = HEADER + SWALLOWING[case]
    built = project.build({"touchpoints": TOUCHPOINTS, "orders": text}, select=STAGING)
    if built.returncode:
        assert "orders.csv" in built.error() and "quote" in built.error()
        return
    seen = json.dumps(
        built.rows("select order_id from staging.stg_orders")
        + built.rows("select raw_row from quality.quarantined_rows")
    )
    missing = [n for n in (4, 5, 7, 8) if f'"{n}"' not in seen and f"{n},U" not in seen]
    assert not missing, f"orders {missing} are in no row"


# --- Values ----------------------------------------------------------------------

TIMESTAMPS = {
    "2024-01-02 10:00:00": "2024-01-02 10:00:00",
    "2024-01-02T10:00:00": "2024-01-02 10:00:00",
    "2024-01-02T10:00:00Z": "2024-01-02 10:00:00",
    "2024-01-02T10:00:00+02:00": "2024-01-02 08:00:00",
    "2024-01-02T10:00:00+0200": "2024-01-02 08:00:00",
    "2024-01-02 10:00:00-05:30": "2024-01-02 15:30:00",
    "2024-01-01T23:30:00-01:00": "2024-01-02 00:30:00",
    "2024-01-02 10:00:00 UTC": "2024-01-02 10:00:00",
    "2024-01-02T10:00:00.123456Z": "2024-01-02 10:00:00.123456",
    "2024-01-02": "2024-01-02 00:00:00",
    "2024-01-02 10:00": "2024-01-02 10:00:00",
    " 2024-01-02 10:00:00 ": "2024-01-02 10:00:00",
    "1990-01-01": "1990-01-01 00:00:00",
    "": "missing ordered_at",
    "  ": "missing ordered_at",
    "02/01/2024": "unreadable ordered_at",
    "31/01/2024 10:00": "unreadable ordered_at",
    "01.02.2024": "unreadable ordered_at",
    "2024-02-30": "unreadable ordered_at",
    "2023-02-29": "unreadable ordered_at",
    "2024-13-01": "unreadable ordered_at",
    "2024-01-02 25:00:00": "unreadable ordered_at",
    "yesterday": "unreadable ordered_at",
    "now": "unreadable ordered_at",
    "NaT": "unreadable ordered_at",
    "1704189600": "unreadable ordered_at",
    "2024": "unreadable ordered_at",
    "infinity": "implausible ordered_at",
    "epoch": "implausible ordered_at",
    "1989-12-31 23:59:59": "implausible ordered_at",
    "0024-01-02": "implausible ordered_at",
    "2099-01-01": "implausible ordered_at",
    "9999-12-31": "implausible ordered_at",
}
AMOUNTS = {
    "10": 10.0,
    "10.5": 10.5,
    " 7.50 ": 7.5,
    "0": 0.0,
    "1,234.50": 1234.5,
    "1,234,567.89": 1234567.89,
    "1e2": 100.0,
    "100000000": 1e8,
    "": "missing order_value",
    "1,234": "unreadable order_value",
    "12,50": "unreadable order_value",
    "1.234,50": "unreadable order_value",
    "$12.50": "unreadable order_value",
    "(5.00)": "unreadable order_value",
    "abc": "unreadable order_value",
    "NaN": "unreadable order_value",
    "inf": "unreadable order_value",
    "-inf": "unreadable order_value",
    "1e30": "unreadable order_value",
    "-1": "negative order_value",
    "-0.01": "negative order_value",
    "100000000.01": "implausible order_value",
    "999999999999": "implausible order_value",
}
STATUSES = {
    "": "completed",
    "Completed": "completed",
    " SHIPPED ": "shipped",
    "canceled": "cancelled",
    "partially  refunded": "refunded",
    "teleported": "unknown status",
}
DISCOUNTS = {
    "": None,
    "2.5": 2.5,
    "-2": "negative discount_amount",
    "two": "unreadable discount_amount",
    "1e9": "implausible discount_amount",
}
VALUES = {
    "ordered_at": ("cast(ordered_at as varchar)", TIMESTAMPS),
    "order_value": ("cast(order_value as double)", AMOUNTS),
    "status": ("order_status", STATUSES),
    "discount_amount": ("cast(discount_amount as double)", DISCOUNTS),
    "order_id": (
        "order_id",
        {
            "": "missing order_id",
            " ": "missing order_id",
            " 0042 ": "0042",
            "A-1": "A-1",
            "77.0": "77",
        },
    ),
}
ORDER_COLUMNS = [
    "order_id",
    "customer_id",
    "ordered_at",
    "order_value",
    "status",
    "discount_amount",
    "product_category",
]


def orders_of_values():
    """A sound order for each value under test, which takes its place."""
    rows = []
    for column, (_, values) in VALUES.items():
        for number, value in enumerate(values):
            row = {
                "order_id": f"{column}{number}",
                "customer_id": "U1",
                "ordered_at": "2024-01-02",
                "order_value": "5.00",
                "status": "",
                "discount_amount": "",
                "product_category": f"{column}{number}",
            }
            rows.append([(row | {column: value})[name] for name in ORDER_COLUMNS])
    return {"touchpoints": TOUCHPOINTS, "orders": csv_text(ORDER_COLUMNS, rows)}


@pytest.mark.parametrize("column", VALUES)
def test_values_are_read_or_quarantined_with_their_reason(project, column):
    """Each value by itself, in one file."""
    built = project.once("values", orders_of_values, select=STAGING)
    assert_nothing_lost(built)
    expression, values = VALUES[column]
    found = dict(
        built.rows(f"select product_category, {expression} from staging.stg_orders")
    )
    for reason, raw_row in built.rows(
        "select reason, raw_row from quality.quarantined_rows"
        " where table_name = 'orders'"
    ):
        found[json.loads(raw_row)["product_category"]] = reason
    assert {
        value: found[f"{column}{number}"] for number, value in enumerate(values)
    } == values


def test_the_raw_value_stands_in_quarantine(project):
    """Nobody has to look for the line in the file."""
    built = project.once("values", orders_of_values, select=STAGING)
    (raw_row,) = [
        json.loads(raw_row)
        for (raw_row,) in built.rows(
            "select raw_row from quality.quarantined_rows where reason ="
            " 'unreadable order_value' and raw_row like '%$12.50%'"
        )
    ]
    assert raw_row["order_value"] == "$12.50"
    assert raw_row["customer_id"] == "U1"


def test_timestamp_formats_are_tried_on_what_is_not_iso(staged):
    """In the order given; ISO text is read as ever."""
    values = {
        "03/04/2024 10:30": "2024-04-03 10:30:00",
        "31/01/2024 00:00": "2024-01-31 00:00:00",
        "01.02.2024": "2024-02-01 00:00:00",
        "2024-05-06": "2024-05-06 00:00:00",
        "2024-05-06T10:00:00+02:00": "2024-05-06 08:00:00",
    }
    rows = [(n, "U1", value, 5, "") for n, value in enumerate(values)]
    rows.append((99, "U1", "01/31/2024 00:00", 5, ""))
    built = staged(
        {"orders": csv_text(HEADER.strip().split(","), rows)},
        (6, 5, 1),
        vars={"timestamp_formats": ["%d/%m/%Y %H:%M", "%d.%m.%Y"]},
    )
    assert [
        moment
        for _, moment in built.rows(
            "select cast(order_id as integer), cast(ordered_at as varchar)"
            " from staging.stg_orders order by 1"
        )
    ] == list(values.values())
    assert built.reasons("orders") == {"unreadable ordered_at": 1}


def test_bounds_of_plausibility_are_settings(staged):
    """from is inside, until outside; the largest amount is inside."""
    moments = ["2024-01-31 23:59:59", "2024-02-01", "2024-02-29 23:59:59", "2024-03-01"]
    rows = [(n, "U1", moment, 5, "") for n, moment in enumerate(moments)]
    rows += [(10, "U1", "2024-02-10", 70, ""), (11, "U1", "2024-02-10", 70.01, "")]
    built = staged(
        {
            "orders": csv_text(HEADER.strip().split(","), rows),
            "touchpoints": TOUCHPOINTS.replace("2024-01-01", "2024-02-01"),
        },
        (6, 3, 3),
        vars={
            "plausible_from": "2024-02-01",
            "plausible_until": "2024-03-01",
            "plausible_amount": 70,
        },
    )
    assert built.rows("select order_id from staging.stg_orders order by 1") == [
        ("1",),
        ("10",),
        ("2",),
    ]


DECIMAL_COMMAS = {
    "1.234,50": 1234.5,
    "7,5": 7.5,
    "1.000": 1000.0,
    "12": 12.0,
    "1.234.567,89": 1234567.89,
}


def test_decimal_commas_throughout_a_file(staged):
    """1.000 is a thousand in a file that writes 7,5."""
    lines = "".join(
        f"{n};U1;2024-01-02;{value};\n" for n, value in enumerate(DECIMAL_COMMAS)
    )
    built = staged({"orders": HEADER.replace(",", ";") + lines}, (5, 5, 0))
    found = built.rows(
        "select cast(order_value as double) from staging.stg_orders order by order_id"
    )
    assert [value for (value,) in found] == list(DECIMAL_COMMAS.values())


def test_a_file_that_mixes_decimal_commas_and_points_is_not_guessed(staged):
    """12,50 beside 7.25 is unreadable, not 1250."""
    lines = '1,U1,2024-01-02,"12,50",\n2,U1,2024-01-02,7.25,\n'
    built = staged({"orders": HEADER + lines}, (2, 1, 1))
    assert built.reasons("orders") == {"unreadable order_value": 1}


def test_values_of_native_types(staged):
    """NaN, infinities and decimals of Parquet."""
    values = [5.25, float("nan"), float("inf"), -1.0, 2e8, None, 12.345]
    n = len(values)
    orders = pa.table(
        {
            "order_id": pa.array(range(n), pa.int32()),
            "customer_id": ["U1"] * n,
            "ordered_at": pa.array([dt.date(2024, 1, 2)] * n, pa.date32()),
            "order_value": pa.array(values, pa.float64()),
        }
    )
    built = staged({"orders": None, "orders.parquet": orders}, (7, 2, 5))
    assert built.reasons("orders") == {
        "unreadable order_value": 2,
        "negative order_value": 1,
        "implausible order_value": 1,
        "missing order_value": 1,
    }
    assert built.rows(
        "select order_id, cast(order_value as varchar), ordered_at"
        " from staging.stg_orders order by 1"
    ) == [
        ("0", "5.25", dt.datetime(2024, 1, 2)),
        ("6", "12.35", dt.datetime(2024, 1, 2)),
    ]


def test_a_gap_in_an_optional_column_of_numbers_is_no_defect(staged):
    """Some tools write NaN for an empty cell of numbers."""
    orders = pa.table(
        {
            "order_id": [1, 2],
            "customer_id": ["U1", "U2"],
            "ordered_at": ["2024-01-02", "2024-01-02"],
            "order_value": [5.0, 6.0],
            "discount_amount": pa.array(np.array([1.5, np.nan])),
        }
    )
    built = staged({"orders": None, "orders.parquet": orders}, (2, 2, 0))
    assert built.rows(
        "select order_id, cast(discount_amount as double)"
        " from staging.stg_orders order by 1"
    ) == [("1", 1.5), ("2", None)]


def test_timestamps_with_zone_in_parquet_are_utc_moments(staged):
    """Noon in Berlin in July is ten in the morning."""
    moment = pd.Timestamp("2024-07-01 12:00:00", tz="Europe/Berlin")
    orders = pd.DataFrame(
        {
            "order_id": [1],
            "customer_id": ["U1"],
            "ordered_at": [moment],
            "order_value": [5.0],
        }
    )
    built = staged({"orders": None, "orders.parquet": orders}, (1, 1, 0))
    assert built.value("select ordered_at from staging.stg_orders") == dt.datetime(
        2024, 7, 1, 10
    )


# --- Every table's own defects -----------------------------------------------------


def defects():
    """All seven tables, with each kind of defect once or twice."""
    return {
        "touchpoints": csv_text(
            ["touchpoint_id", "customer_id", "channel", "touched_at"],
            [
                ("t1", "U1", "email", "2024-01-01 10:00"),
                ("t1", "U1", "email", "2024-01-01 10:00"),  # the same again
                ("t2", "U1", "email", "2024-01-03 10:00"),
                ("t2", "U1", "organic", "2024-01-02 10:00"),  # earlier: stands
                ("t2", "U2", "meta", "2024-01-04 10:00"),
                ("", "U1", "email", "2024-01-01 10:00"),
                ("t3", "", "email", "2024-01-01 10:00"),
                ("t4", "U1", " ", "2024-01-01 10:00"),
                ("t5", "U1", "email", "2099-01-01 10:00"),
                ("t6", "U1", "email", "soon"),
                ("t1", "U1", "email", "later"),  # unreadable, not a duplicate
            ],
        ),
        "orders": csv_text(
            ["order_id", "customer_id", "ordered_at", "order_value"],
            [
                ("o1", "U1", "2024-01-02 10:00", "10"),
                ("o1", "U1", "2024-01-02 10:00", "10"),
                ("o2", "U1", "2024-01-02 10:00", "10"),
                ("o2", "U1", "2024-01-03 10:00", "20"),  # later: stands
                ("o3", "", "2024-01-02 10:00", "10"),
                ("", "U1", "2024-01-02 10:00", "10"),
                ("o4", "U1", "2024-01-02 10:00", "-10"),
            ],
        ),
        "customers": csv_text(
            ["customer_id", "created_at"],
            [
                ("U1", "2023-01-01"),
                ("U1", "2022-01-01"),
                ("", "2023-01-01"),
                ("U2", ""),
                ("U3", "1066-10-14"),
            ],
        ),
        "returns": csv_text(
            ["order_id", "returned_at", "refund_amount", "processing_cost"],
            [
                ("o1", "2024-01-05", "4", "1"),
                ("o1", "2024-01-05", "4", "1"),  # the same again
                ("o1", "2024-01-05", "3", "1"),  # another part
                ("o2", "2024-01-03", "1", ""),  # the day of the order
                ("o2", "2024-01-02", "1", ""),  # more than a day before
                ("o9", "2024-01-05", "4", "1"),
                ("o4", "2024-01-05", "4", "1"),  # its order is in quarantine
                ("", "2024-01-05", "4", "1"),
                ("o3", "2024-01-05", "-4", "1"),
                ("o3", "2024-01-05", "4", "free"),
                ("o3", "never", "4", "1"),
            ],
        ),
        "marketing_spend": csv_text(
            ["spend_date", "channel", "campaign", "spend"],
            [
                ("2024-01-01", "meta", "", "10"),
                ("2024-01-01", "meta", "", "10"),  # the same again
                ("2024-01-01", "meta", "", "11"),  # adds up
                ("2024-01-01", "meta", "a", "10"),
                ("2024-01-01", "meta", "", "0"),
                ("2024-01-01", "meta", "", "0"),  # nothing twice is nothing
                ("2024-01-01", "", "", "10"),
                ("2024-01-01", "meta", "", "-10"),
                ("2024-01-01", "meta", "", ""),
                ("01/01/2024", "meta", "", "10"),
                ("2199-01-01", "meta", "", "10"),
            ],
        ),
        "email_events": csv_text(
            ["event_id", "customer_id", "event_type", "occurred_at"],
            [
                ("e1", "U1", "Sent", "2024-01-01"),
                ("e1", "U1", "sent", "2024-01-02"),
                ("e2", "U1", "exploded", "2024-01-01"),
                ("e3", "U1", "", "2024-01-01"),
                ("e4", "", "opened", "2024-01-01"),
                ("", "U1", "clicked", "2024-01-01"),
                ("e5", "U1", "unsubscribed", "whenever"),
            ],
        ),
        "web_sessions": csv_text(
            ["session_hour", "channel", "sessions"],
            [
                ("2024-01-01 10:00", "email", "7"),
                ("2024-01-01 10:00", "email", "7"),
                ("2024-01-01 10:00", "email", "8"),
                ("2024-01-01 10:00", "organic", "1.5"),
                ("2024-01-01 10:00", "organic", "-1"),
                ("2024-01-01 10:00", "", "1"),
                ("noon", "organic", "1"),
            ],
        ),
    }


DEFECTS = {
    "touchpoints": (
        2,
        {
            "duplicate touchpoint_id": 3,
            "missing touchpoint_id": 1,
            "missing customer_id": 1,
            "missing channel": 1,
            "implausible touched_at": 1,
            "unreadable touched_at": 2,
        },
    ),
    "orders": (
        3,
        {
            "duplicate order_id": 2,
            "missing order_id": 1,
            "negative order_value": 1,
        },
    ),
    "customers": (
        1,
        {
            "duplicate customer_id": 1,
            "missing customer_id": 1,
            "missing created_at": 1,
            "implausible created_at": 1,
        },
    ),
    "returns": (
        3,
        {
            "duplicate return": 1,
            "returned before ordered": 1,
            "orphan return (no such order)": 2,
            "missing order_id": 1,
            "negative refund_amount": 1,
            "unreadable processing_cost": 1,
            "unreadable returned_at": 1,
        },
    ),
    "marketing_spend": (
        5,
        {
            "duplicate spend row": 1,
            "missing channel": 1,
            "negative spend": 1,
            "missing spend": 1,
            "unreadable spend_date": 1,
            "implausible spend_date": 1,
        },
    ),
    "email_events": (
        1,
        {
            "duplicate event_id": 1,
            "unknown event_type": 1,
            "missing event_type": 1,
            "missing customer_id": 1,
            "missing event_id": 1,
            "unreadable occurred_at": 1,
        },
    ),
    "web_sessions": (
        2,
        {
            "duplicate session row": 1,
            "sessions not a whole number": 1,
            "negative sessions": 1,
            "missing channel": 1,
            "unreadable session_hour": 1,
        },
    ),
}


@pytest.mark.parametrize("table", RAW_TABLES)
def test_defects_of_every_table(project, table):
    """Each with its reason, and the rest staged."""
    built = project.once("defects", defects, select=STAGING)
    staged_rows, reasons = DEFECTS[table]
    assert built.reasons(table) == reasons
    raw_rows = len(list(csv.reader(io.StringIO(defects()[table])))) - 1
    quarantined = sum(reasons.values())
    assert raw_rows == staged_rows + quarantined
    assert_nothing_lost(built, **{table: (raw_rows, staged_rows, quarantined)})


def test_which_of_two_rows_with_one_key_stands(project):
    """The earliest touch, e-mail event and customer; the latest order."""
    built = project.once("defects", defects, select=STAGING)
    assert built.rows(
        "select touchpoint_id, customer_id, channel, touched_at"
        " from staging.stg_touchpoints order by 1"
    ) == [
        ("t1", "U1", "email", dt.datetime(2024, 1, 1, 10)),
        ("t2", "U1", "organic", dt.datetime(2024, 1, 2, 10)),
    ]
    assert built.rows(
        "select order_id, cast(order_value as integer) from staging.stg_orders"
        " order by 1"
    ) == [("o1", 10), ("o2", 20), ("o3", 10)]
    assert built.rows("select * from staging.stg_customers") == [
        ("U1", dt.datetime(2022, 1, 1))
    ]
    assert built.value("select occurred_at from staging.stg_email_events") == (
        dt.datetime(2024, 1, 1)
    )


def test_row_numbers_of_the_quarantine_are_a_key(project):
    """1 to n in every table."""
    built = project.once("defects", defects, select=STAGING)
    assert (
        built.rows(
            "select table_name from quality.quarantined_rows group by table_name"
            " having min(row_number) <> 1 or max(row_number) <> count(*)"
            " or count(distinct row_number) <> count(*)"
        )
        == []
    )


def test_rows_that_differ_are_not_duplicates(staged):
    """Touches without an id and spend rows that only read alike when joined."""
    built = staged(
        {
            "touchpoints": csv_text(
                ["customer_id", "channel", "campaign", "touched_at"],
                [
                    ("U1", "google", "ads", "2024-01-01 10:00:00"),
                    ("U1", "google ads", "", "2024-01-01 10:00:00"),
                    ("U1", "google", "", "2024-01-01 10:00:00"),
                    ("U1", "google", "", "2024-01-01 10:00:00"),
                ],
            ),
            "marketing_spend": csv_text(
                ["spend_date", "channel", "campaign", "spend"],
                [
                    ("2024-01-01", "a|b", "c", "10"),
                    ("2024-01-01", "a", "b|c", "10"),
                ],
            ),
        }
    )
    assert built.counts()["marketing_spend"] == (2, 2, 0)
    assert built.counts()["touchpoints"] == (4, 3, 1)


# --- Parts, names, tables ----------------------------------------------------------


def test_parts_of_both_kinds_make_one_table(staged):
    """CSV and Parquet parts in folders, each with columns in its own order."""
    parquet = pa.table(
        {
            "order_value": pa.array([2.5, 3.5]),
            "customer_id": pa.array([2, 3], pa.int64()),
            "ordered_at": pa.array(
                [dt.datetime(2024, 1, 2, 10, 0, 0, 1), dt.datetime(2024, 1, 3)],
                pa.timestamp("us"),
            ),
            "order_id": pa.array([2.0, 3.0], pa.float64()),
        }
    )
    built = staged(
        {
            "orders": None,
            "orders/a.csv": HEADER + "1,1,2024-01-02 10:00:00,1.50,toys\n",
            "orders/2024/b.parquet": parquet,
            "orders/2024/c.csv": "order_id;customer_id;ordered_at;order_value\n"
            "4;4;2024-01-04;1.004,50\n1;1;2024-01-02 10:00:00;1,50\n",
            "orders/_ignored.csv": "left by a copy",
            "orders/notes.txt": "not data",
        },
        (5, 4, 1),
    )
    assert built.rows(
        "select order_id, customer_id, cast(ordered_at as varchar),"
        " cast(order_value as double), product_category"
        " from staging.stg_orders order by 1"
    ) == [
        ("1", "1", "2024-01-02 10:00:00", 1.5, "toys"),
        ("2", "2", "2024-01-02 10:00:00.000001", 2.5, None),
        ("3", "3", "2024-01-03 00:00:00", 3.5, None),
        ("4", "4", "2024-01-04 00:00:00", 1004.5, None),
    ]
    assert built.reasons("orders") == {"duplicate order_id": 1}


def test_parquet_parts_of_different_types(staged):
    """Ids as numbers in one part and as text in the other; a column in one only."""
    first = pa.table(
        {
            "order_id": [1],
            "customer_id": pa.array([7], pa.int64()),
            "ordered_at": ["2024-01-02"],
            "order_value": [5.0],
        }
    )
    second = pa.table(
        {
            "order_id": ["A2"],
            "customer_id": ["007"],
            "ordered_at": ["2024-01-02T10:00:00+01:00"],
            "order_value": [6.0],
            "status": ["cancelled"],
        }
    )
    built = staged(
        {"orders": None, "orders/1.parquet": first, "orders/2.parquet": second},
        (2, 2, 0),
    )
    assert built.rows(
        "select order_id, customer_id, cast(ordered_at as varchar), is_cancelled"
        " from staging.stg_orders order by 1"
    ) == [
        ("1", "7", "2024-01-02 00:00:00", False),
        ("A2", "007", "2024-01-02 09:00:00", True),
    ]


def test_names_of_files_and_columns_are_settings(staged):
    """The names in vars.yml win over contract names and aliases."""
    built = staged(
        {
            "orders": None,
            "shop export": "Bestellnummer,Kunde,Datum,order_value,Betrag\n"
            "B1,K1,2024-01-02,99,5.25\n",
        },
        (1, 1, 0),
        vars={
            "file_names": {"orders": "shop export"},
            "column_names": {
                "orders": {
                    "order_id": "Bestellnummer",
                    "customer_id": "kunde",
                    "ordered_at": "Datum",
                    "order_value": "Betrag",
                }
            },
        },
    )
    assert built.rows(
        "select order_id, customer_id, cast(order_value as double)"
        " from staging.stg_orders"
    ) == [("B1", "K1", 5.25)]


def test_warehouse_tables(project):
    """Raw tables in a schema of the warehouse, with types of their own."""
    first = project.good(SOUND, select=STAGING)
    with duckdb.connect(str(first.warehouse)) as connection:
        connection.execute(
            "create schema landing;"
            " create table landing.touchpoints as select 'U1' as customer_id,"
            " 'Email' as channel, timestamp '2024-01-01 10:00:00' as touched_at;"
            " create table landing.shop_orders as"
            " select n as order_id, 'U1' as user_id,"
            " timestamptz '2024-01-02 10:00:00+00' as ordered_at,"
            " cast(n * 10 - 20 as decimal(10, 2)) as order_value"
            " from range(1, 6) as numbers(n)"
        )
    built = project.good(
        again=first,
        vars={"raw_schema": "landing", "file_names": {"orders": "shop_orders"}},
        select=EVERYTHING,
    )
    assert_nothing_lost(built, orders=(5, 4, 1), touchpoints=(1, 1, 0))
    assert built.reasons("orders") == {"negative order_value": 1}
    assert built.rows(
        "select channel, conversions, revenue from marts.channel_attribution"
        " where attribution_model = 'linear'"
    ) == [("email", 4, 60)]


def test_only_touchpoints_and_orders(staged):
    """All other tables are empty, with their columns, and every mart is there."""
    built = staged({}, (1, 1, 0), select=())
    assert built.value("select conversions from marts.conversion_paths") == 1
    counts = built.counts()
    for table in RAW_TABLES[2:]:
        assert counts[table] == (0, 0, 0)
    assert built.rows(
        "select attribution_model from marts.channel_performance where spend = 0"
        " and roas is null and conversions = 1 and budget_share is null order by 1"
    ) == [(model,) for model in sorted(ALL_MODELS)]


def test_a_table_that_went_away_leaves_nothing(project):
    """A second run without the file finds an empty table, not yesterday's."""
    built = project.good(defects(), select=STAGING)
    (built.data / "returns.csv").unlink()
    again = project.good(again=built, select=STAGING)
    assert again.counts()["returns"] == (0, 0, 0)
    assert again.counts()["orders"] == (7, 3, 4)


# --- Size, and shares of bad rows ----------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("c500000,email,not a time", "unreadable touched_at"),
        ("c500000,email", "malformed line: missing columns"),
    ],
)
def test_one_bad_row_in_a_million(staged, bad, reason):
    """Exactly one row of quarantine, with the row."""
    lines = [f"c{n},email,2024-01-01 00:00:00" for n in range(1_000_000)]
    lines[500_000] = bad
    text = "customer_id,channel,touched_at\n" + "\n".join(lines) + "\n"
    built = staged({"touchpoints": text})
    assert built.counts()["touchpoints"] == (1_000_000, 999_999, 1)
    ((found, raw_row),) = built.rows(
        "select reason, raw_row from quality.quarantined_rows"
    )
    assert found == reason
    assert "c500000" in raw_row


@pytest.mark.parametrize(("bad_orders", "passes"), [(5, True), (6, False)])
def test_a_build_stops_when_too_many_rows_are_bad(project, bad_orders, passes):
    """Of 100 rows 1 may be bad without a word, and 5 with a warning, but not 6."""
    orders = order_lines(*range(100 - bad_orders)) + "x,U,never,1,\n" * bad_orders
    customers = "".join(f"c{n},2024-01-01\n" for n in range(99)) + "c99,never\n"
    built = project.build(
        {
            "touchpoints": TOUCHPOINTS,
            "orders": HEADER + orders,
            "customers": "customer_id,created_at\n" + customers,
        },
        select=STAGING,
        tests=True,
    )
    assert (built.returncode == 0) == passes, built.output[-3000:]
    assert "WARN 1 quarantine_share_of_orders" in built.output
    assert "WARN 1 quarantine_share_of_customers" not in built.output
    assert ("FAIL 1 quarantine_share_of_orders" in built.output) != passes


def test_attribution_goes_on_with_the_sound_rows(project):
    """Bad rows cost only themselves."""
    built = project.good(
        {
            "touchpoints": TOUCHPOINTS + "U1,email,never\n",
            "orders": ORDERS + "2,U1,never,7,\n",
        },
        select=ATTRIBUTION,
    )
    assert built.rows(
        "select channel, sum(conversions), sum(revenue) from marts.channel_attribution"
        " where attribution_model = 'linear' group by all"
    ) == [("google", 1, 5)]
