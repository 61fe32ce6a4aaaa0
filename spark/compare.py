"""Are the marts of two engines the same?

    python spark/compare.py sc://127.0.0.1:15002 warehouse.duckdb

Counts and texts must be equal, numbers within 1e-9 (of the larger of 1 and the value).
"""

import math
import sys

import duckdb

MARTS = ("marts", "quality")
TOLERANCE = 1e-9


def plain(value):
    """A cell as what is compared: no zone, no decimal type, no NaN."""
    if value is None:
        return None
    if hasattr(value, "as_tuple"):
        value = float(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return value.replace(tzinfo=None)
    return value


def rows_of(table):
    """Names, lower case, and rows of an Arrow table."""
    names = [name.lower() for name in table.column_names]
    columns = [[plain(cell) for cell in column.to_pylist()] for column in table.columns]
    return names, list(zip(*columns, strict=True))


def are_equal(one, other):
    """Are two cells the same? Numbers within the tolerance."""
    if one is None or other is None or isinstance(one, (str, bool)):
        return one == other and type(one) is type(other)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        if one == other:
            return True
        return abs(one - other) <= TOLERANCE * max(1.0, abs(other))
    return one == other


def in_order(row):
    """Sort key: texts and dates first, then rounded numbers, so that pairs meet."""
    numbers = [isinstance(cell, float) for cell in row]
    return (
        [
            (cell is not None, "" if number else str(cell))
            for cell, number in zip(row, numbers, strict=True)
        ],
        [
            float(f"{cell:.6g}") if number else 0.0
            for cell, number in zip(row, numbers, strict=True)
        ],
    )


def difference(found, expected):
    """What differs between two (names, rows), in words; None where nothing does."""
    if sorted(found[0]) != sorted(expected[0]):
        return f"columns {sorted(set(found[0]) ^ set(expected[0]))}"
    if len(found[1]) != len(expected[1]):
        return f"{len(found[1])} rows instead of {len(expected[1])}"
    places = [found[0].index(name) for name in expected[0]]
    ours = sorted((tuple(row[k] for k in places) for row in found[1]), key=in_order)
    theirs = sorted(expected[1], key=in_order)
    wrong = {}
    for row, other in zip(ours, theirs, strict=True):
        for name, one, two in zip(expected[0], row, other, strict=True):
            if not are_equal(one, two):
                wrong.setdefault(name, []).append((one, two))
    return (
        "; ".join(
            f"{name}: {len(cells)} cells, such as {cells[0][0]!r}"
            f" instead of {cells[0][1]!r}"
            for name, cells in wrong.items()
        )
        or None
    )


def compare(remote, warehouse):
    """Compare every mart; return a list of (mart, what differs) and a count."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.remote(remote).getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    problems = []
    with duckdb.connect(warehouse, read_only=True) as duck:
        duck.execute("set TimeZone = 'UTC'")
        marts = duck.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            f" where table_schema in {MARTS} order by 1"
        ).fetchall()
        for (mart,) in marts:
            try:
                found = rows_of(spark.table(mart).toArrow())
            except Exception as error:
                problems.append((mart, str(error).split("\n")[0]))
                continue
            expected = rows_of(duck.execute(f"select * from {mart}").to_arrow_table())
            what = difference(found, expected)
            if what:
                problems.append((mart, what))
    return problems, len(marts)


def main():
    """Compare, say what differs, and fail where anything does."""
    problems, count = compare(*sys.argv[1:3])
    for mart, what in problems:
        print(f"{mart}: {what}")
    print(f"{count - len(problems)} of {count} marts are equal")
    sys.exit(bool(problems) or not count)


if __name__ == "__main__":
    main()
