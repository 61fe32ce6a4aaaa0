"""Rows of a repeated key are found by hashes and told apart by the keys themselves."""

import duckdb
import jinja2
import pytest
from harness import ROOT

COLUMNS = ["event_id", "occurred_at"]
# (row key, event id, when, source file, defect)
ROWS = [
    ("once", "once", "2025-01-01", "a.csv", None),
    ("twice", "twice", "2025-01-03", "a.csv", None),
    ("twice", "twice", "2025-01-02", "b.csv", None),
    ("thrice", "thrice", "2025-01-09", "a.csv", None),
    ("thrice", "thrice", "2025-01-08", "a.csv", None),
    ("thrice", "thrice", "2025-01-10", "b.csv", None),
    ("half sound", "half sound", "2025-01-05", "a.csv", None),
    ("half sound", "half sound", None, "a.csv", "unreadable occurred_at"),
    ("once and bad", "once and bad", None, "a.csv", "unreadable occurred_at"),
    (None, None, "2025-01-06", "a.csv", "missing event_id"),
    (None, None, "2025-01-07", "a.csv", "missing event_id"),
]


def repeated_rows(key_hash, engine):
    """Rows that the macro returns where keys are hashed by the SQL of `key_hash`.

    With the SQL that `engine` finds repeated hashes with; DuckDB can run either.
    """
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    numbers = (ROOT / "macros/engine/repeated_numbers.sql").read_text()
    environment.globals |= {
        "ref": lambda name: name,
        "staged_columns": lambda table_name: COLUMNS,
        "key_hash": key_hash,
        "repeated_numbers": getattr(
            environment.from_string(numbers).module, f"{engine}__repeated_numbers"
        ),
    }
    source = (ROOT / "macros/staging/repeated_rows.sql").read_text()
    sql = environment.from_string(source).module.repeated_rows(
        "events", order_by=["occurred_at"]
    )
    connection = duckdb.connect()
    connection.execute(
        "create table base_events (row_key varchar, event_id varchar,"
        " occurred_at date, source_file varchar, defect varchar)"
    )
    connection.executemany("insert into base_events values (?, ?, ?, ?, ?)", ROWS)
    return connection.execute(
        f"select row_key, cast(occurred_at as varchar), source_file, occurrence"
        f" from ({sql}) order by all"
    ).fetchall()


@pytest.mark.parametrize(
    "key_hash",
    [
        pytest.param("hash({})".format, id="hashes that differ"),
        pytest.param("length({})".format, id="some that collide"),
        pytest.param(lambda key: "1", id="all that collide"),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_keys_that_share_a_hash_are_told_apart(key_hash, engine):
    assert repeated_rows(key_hash, engine) == [
        ("half sound", "2025-01-05", "a.csv", 1),
        ("thrice", "2025-01-08", "a.csv", 1),
        ("thrice", "2025-01-09", "a.csv", 2),
        ("thrice", "2025-01-10", "b.csv", 3),
        ("twice", "2025-01-02", "b.csv", 1),
        ("twice", "2025-01-03", "a.csv", 2),
    ]
