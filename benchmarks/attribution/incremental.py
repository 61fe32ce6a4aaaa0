"""What one more day costs: a build of all but the last day, then one with it.

    python benchmarks/attribution/incremental.py --data DIR [--memory 6GB]

`--data` is a folder made by dataset.py (touchpoints.parquet, orders.parquet). The
attribution selection is built from all but the last day (full), once more with the
last day (one more day), and from nothing with everything (full again, so that the
two ends of the comparison do the same work). Prints seconds by model from dbt's own
record: sums over models, start-up left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
PATHS_AND_CREDITS = ("int_due_conversions", "touchpoint_credits", "int_touch_history")


def split(data, folder):
    """Write all but the last day of `data` into `folder`."""
    folder.mkdir()
    connection = duckdb.connect()
    last = connection.execute(
        f"select max(touched_at)::date from '{data}/touchpoints.parquet'"
    ).fetchone()[0]
    for table, moment in (("touchpoints", "touched_at"), ("orders", "ordered_at")):
        connection.execute(
            f"copy (from '{data}/{table}.parquet' where {moment}::timestamp"
            f" < date '{last}') to '{folder}/{table}.parquet'"
        )
    return last


def build(data, folder, memory):
    """Seconds of wall clock and by model of one build of the attribution marts."""
    environment = {
        **os.environ,
        "INSIGHT_DATA": str(data),
        "INSIGHT_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "INSIGHT_MEMORY_LIMIT": memory,
    }
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--quiet"]
    command += ["--selector", "attribution"]
    command += ["--exclude-resource-type", "test", "unit_test"]
    command += ["--target-path", str(folder), "--log-path", str(folder)]
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    wall = time.perf_counter() - started
    results = json.loads((folder / "run_results.json").read_text())["results"]
    return wall, {
        result["unique_id"].split(".")[-1]: result["execution_time"]
        for result in results
    }


def main():
    """Build three times and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--memory", default="6GB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        last = split(given.data.resolve(), scratch / "before")
        runs = {}
        for name, data, place in (
            ("all but the last day", scratch / "before", "one"),
            ("one more day", given.data.resolve(), "one"),
            ("everything at once", given.data.resolve(), "two"),
        ):
            (scratch / place).mkdir(exist_ok=True)
            runs[name] = build(data, scratch / place, given.memory)
    print(f"Last day: {last}. Seconds of models, summed; and of the wall clock.\n")
    print("| build | paths and credits | all models | wall clock |")
    print("|---|---:|---:|---:|")
    for name, (wall, models) in runs.items():
        paths = sum(models.get(model, 0) for model in PATHS_AND_CREDITS)
        print(f"| {name} | {paths:.2f} | {sum(models.values()):.2f} | {wall:.2f} |")
    full, more = runs["everything at once"][1], runs["one more day"][1]
    paths = [sum(run.get(m, 0) for m in PATHS_AND_CREDITS) for run in (more, full)]
    print(
        f"\nOne more day costs {paths[0] / paths[1]:.1%} of the paths and credits of"
        f" the full build, {sum(more.values()) / sum(full.values()):.1%} of all of it,"
        f" and its paths and credits {paths[0] / sum(full.values()):.1%} of all of it."
    )
    print("\n| slowest with one more day | seconds | at once |")
    print("|---|---:|---:|")
    for model, seconds in sorted(more.items(), key=lambda item: -item[1])[:8]:
        print(f"| `{model}` | {seconds:.2f} | {full.get(model, 0):.2f} |")


if __name__ == "__main__":
    main()
