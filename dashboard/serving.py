"""Read-only access to the serving file, one publication at a time.

A publication is recognised by the identity of its file, which a rename changes.
Each is attached to a database of its own in memory: DuckDB would otherwise hand out
the file that a process has open already under the same path.
"""

import contextlib
import os
import tempfile
from pathlib import Path

import duckdb
import streamlit as st


class Replaced(Exception):
    """Another publication took the file's place between looking and opening."""


def path():
    """The serving file that INSIGHT_SERVING names."""
    return Path(os.environ.get("INSIGHT_SERVING", "serving.duckdb")).absolute()


def identity():
    """What tells one publication from the next; None without a file."""
    try:
        found = os.stat(path())
    except OSError:
        return None
    return (str(path()), found.st_ino, found.st_mtime_ns, found.st_size)


@st.cache_resource(max_entries=4, show_spinner=False)
def _open(which):
    connection = duckdb.connect(
        ":memory:", config={"threads": 2, "memory_limit": "2GB"}
    )
    file = which[0].replace("'", "''")
    connection.execute(f"attach '{file}' as serving_file (read_only)")
    # What was opened is what was looked at, or none of it is shown under that name.
    if identity() != which:
        connection.close()
        raise Replaced
    return connection


def _cursor(which):
    """A cursor of its own for every query: sessions run in threads."""
    cursor = _open(which).cursor()
    # A cursor does not inherit these.
    cursor.execute("use serving_file")
    cursor.execute("set TimeZone = 'UTC'")
    return cursor


@st.cache_data(max_entries=400, show_spinner=False)
def _query(which, sql, parameters):
    return _cursor(which).execute(sql, list(parameters)).df()


@st.cache_data(max_entries=4, show_spinner=False)
def _columns(which):
    rows = (
        _cursor(which)
        .execute(
            "select table_schema, table_name, column_name"
            " from information_schema.columns"
            " where table_catalog = 'serving_file' order by ordinal_position"
        )
        .fetchall()
    )
    found = {}
    for schema, table, column in rows:
        found.setdefault(f"{schema}.{table}", []).append(column)
    return found


def current():
    """The publication this run of the page shows, fixed at its start."""
    return st.session_state.get("publication")


def begin():
    """Fix the publication for this run; returns an error text or None."""
    while True:
        which = identity()
        st.session_state["publication"] = which
        if which is None:
            return f"There is no serving file at {path()} yet."
        try:
            _columns(which)
        except Replaced:
            continue
        except duckdb.Error as error:
            if identity() != which:
                continue
            return f"The serving file {path()} cannot be read: {error}"
        return None


def query(sql, *parameters):
    """Rows of `sql` as a DataFrame."""
    return _query(current(), sql, tuple(parameters))


def value(sql, *parameters):
    """The one value that `sql` returns."""
    return query(sql, *parameters).iat[0, 0]


def reader_of_csv(sql, *parameters):
    """A function that returns the rows of `sql` as CSV, of this run's publication.

    DuckDB writes the file, so that a million rows never stand in Python.
    """
    cursor = _cursor(current())

    def read():
        handle, file = tempfile.mkstemp(suffix=".csv")
        os.close(handle)
        try:
            with contextlib.closing(cursor.cursor()) as own:
                own.execute("use serving_file")
                own.execute("set TimeZone = 'UTC'")
                own.execute(
                    f"copy ({sql}) to '{file}' (format csv, header)", list(parameters)
                )
            return Path(file).read_bytes()
        finally:
            os.unlink(file)

    return read


def columns(table):
    """Column names of schema.table; empty where there is no such table."""
    return _columns(current()).get(table, [])


def has(table):
    """Whether schema.table is there."""
    return bool(columns(table))


def has_rows(table):
    """Whether schema.table is there and has a row."""
    return has(table) and not query(f"select 1 from {table} limit 1").empty
