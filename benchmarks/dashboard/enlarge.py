"""A serving file of many customers, made from one of few.

Marts with a row a customer, order or touch get as many copies of their rows as the
wanted number of customers needs, under ids of their own; the paths to orders get
longer ones beside them; what a person quarantined grows alike.  Marts whose size does
not depend on the number of customers stay as they are.
"""

import argparse
import math
import os
import sys

import duckdb

KEYS = ("customer_id", "order_id", "conversion_id", "touchpoint_id")


def enlarge(source, target, customers):
    """Write `target` from the serving file `source`; returns rows by table."""
    if os.path.exists(target):
        os.unlink(target)
    with duckdb.connect(target, config={"memory_limit": "4GB"}) as connection:
        connection.execute(f"attach '{source}' as small (read_only)")
        present = connection.execute(
            "select count(*) from small.marts.customer_metrics"
        ).fetchone()[0]
        copies = math.ceil(customers / present)
        connection.execute(f"create temp table copy as from range({copies}) as t(n)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = 'small' order by all"
        ).fetchall()
        sizes = {}
        for schema, table in tables:
            name = f'"{schema}"."{table}"'
            columns = [
                row[0]
                for row in connection.execute(
                    f"select column_name from (describe small.{name})"
                ).fetchall()
            ]
            changed = [
                f"{key} || case when n > 0 then '-' || n else '' end as {key}"
                for key in KEYS
                if key in columns
            ]
            if table == "conversion_paths":
                changed = [
                    "case when n > 0 then path || ' > copy_' || n else path end as path"
                ]
            elif table == "quarantined_rows":
                changed = ["row_number + n * 1000000000 as row_number"]
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(
                f"create table {name} as select source.*"
                + (f" replace ({', '.join(changed)})" if changed else "")
                + f" from small.{name} as source"
                + (" cross join copy" if changed else "")
            )
            sizes[f"{schema}.{table}"] = connection.execute(
                f"select count(*) from {name}"
            ).fetchone()[0]
    return sizes


def main():
    """Make the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", help="a serving file, say of the demo")
    parser.add_argument("target", help="the file to write")
    parser.add_argument("--customers", type=int, default=1_000_000)
    given = parser.parse_args()
    for table, rows in enlarge(given.source, given.target, given.customers).items():
        print(f"{table:45} {rows:>14,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
