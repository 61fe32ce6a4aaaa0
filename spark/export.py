"""Bring the marts of a build on Spark to Parquet and into a DuckDB file.

    python spark/export.py sc://localhost:15002 target/spark_marts warehouse.duckdb

Spark writes the Parquet files, each table a folder; DuckDB copies them into a new file
that looks like a build of its own, so that `python -m ops.publish` audits and publishes
it like any other.  The folder must be the same for Spark and for this process.
"""

import argparse
import os
import pathlib
import shutil

import duckdb

# What people read, and the small tables that they edit.
SCHEMAS = ("marts", "quality", "reference")
NOTE = "main.last_dbt_run"


def export(spark, folder, warehouse):
    """Write the tables of SCHEMAS and the note of the run; return their names."""
    folder = pathlib.Path(folder).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [NOTE]
    for schema in SCHEMAS:
        names += [
            f"{schema}.{row.tableName}"
            for row in spark.sql(f"show tables in {schema}").collect()
        ]
    for name in names:
        spark.table(name).write.parquet(str(folder / name))
    unfinished = f"{warehouse}.new"
    pathlib.Path(unfinished).unlink(missing_ok=True)
    with duckdb.connect(
        unfinished, config={"storage_compatibility_version": "v1.4.0"}
    ) as duck:
        duck.execute("set TimeZone = 'UTC'")
        for name in names:
            duck.execute(f"create schema if not exists {name.split('.')[0]}")
            files = f"read_parquet('{folder / name}/*.parquet')"
            columns = [
                # Spark's timestamps are instants; the marts' are UTC without a zone.
                f'cast("{column}" as timestamp) as "{column}"'
                if kind == "TIMESTAMP WITH TIME ZONE"
                else f'"{column}"'
                for column, kind, *_ in duck.execute(
                    f"describe select * from {files}"
                ).fetchall()
            ]
            duck.execute(
                f"create table {name} as select {', '.join(columns)} from {files}"
            )
    os.replace(unfinished, warehouse)
    return names


def main():
    """Export what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("remote", help="Spark Connect server, sc://host:15002")
    parser.add_argument("folder", help="for the Parquet files; emptied first")
    parser.add_argument("warehouse", help="DuckDB file to write")
    arguments = parser.parse_args()
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.remote(arguments.remote).getOrCreate()
    names = export(spark, arguments.folder, arguments.warehouse)
    print(f"{len(names) - 1} tables in {arguments.warehouse}")


if __name__ == "__main__":
    main()
