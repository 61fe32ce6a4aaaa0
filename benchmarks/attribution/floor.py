"""The floor: DuckDB reads the touchpoints and sorts them by customer and time.

Attribution has to bring the touches of a customer together in order, so no tool
that starts from raw touchpoints does less than this.
"""

import argparse
import json
import os

import duckdb
from stopwatch import Stopwatch


def sort_touchpoints(data, memory, threads, database=None):
    """Create a sorted table of the touchpoints, in memory or in file `database`.

    The settings are those of the project's profile.  Closing the file is part
    of the time, since only then is it complete.
    """
    config = {
        "threads": threads,
        "memory_limit": memory,
        "preserve_insertion_order": False,
    }
    if database:
        config["storage_compatibility_version"] = "v1.4.0"
    connection = duckdb.connect(database or ":memory:", config=config)
    connection.execute("set enable_progress_bar = false")
    if not database:
        connection.execute(f"set temp_directory = '{data}/spill'")
    with Stopwatch() as stopwatch:
        connection.execute(
            "create table sorted_touchpoints as"
            f" select * from '{data}/touchpoints.parquet'"
            " order by customer_id, touched_at"
        )
        if database:
            connection.close()
    return stopwatch.facts | {
        "file_bytes": os.path.getsize(database) if database else 0
    }


def main():
    """Sort as the arguments say and print the facts as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--database")
    parser.add_argument("--memory", required=True)
    parser.add_argument("--threads", type=int, required=True)
    print(json.dumps(sort_touchpoints(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
