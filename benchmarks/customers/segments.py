"""How well segments of the demo recover what was planted, and how firm they are.

    make build && .venv/bin/python benchmarks/customers/segments.py [--skip-runs]

Reads the built warehouse of the demo data and the planted kind of every customer, and
prints the adjusted Rand index, the table of kinds by segments, and the stability of
the selected clustering. Then dbt runs the segments anew on a copy of the warehouse:
with four more seeds, with the customers' rows shuffled, and as of one month earlier.
Each must give the same names; printed is how many customers keep theirs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
from sklearn.metrics import adjusted_rand_score

ROOT = Path(__file__).resolve().parents[2]
FITTED = (
    "ml_segment_candidates",
    "int_segment_candidates",
    "clustering_comparison",
    "int_segment_assignments",
    "int_segment_names",
    "int_segment_history",
    "customer_segments",
)
SCALED = ("int_segment_scaling", "int_segment_sample")
DATED = (
    "int_data_window",
    "int_months",
    "int_snapshot_dates",
    "int_customer_snapshots",
)


def query(warehouse, sql):
    """Rows of `sql` as a DataFrame."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).df()


def segments(warehouse):
    """Segment by customer."""
    rows = query(warehouse, "select customer_id, segment from marts.customer_segments")
    return rows.set_index("customer_id")["segment"]


def again(folder, warehouse, selected, **settings):
    """Run `selected` on `warehouse` with `settings`; returns segments by customer."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *("run", "--target-path", str(folder / "target")),
            *("--log-path", str(folder / "logs"), "--vars", json.dumps(settings)),
            *("--select", *selected),
        ],
        cwd=ROOT,
        env={**os.environ, "INSIGHT_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-4000:])
    return segments(warehouse)


def kept(name, before, after):
    """Print how `after` compares with `before`; stops where names differ."""
    both = before.index.intersection(after.index)
    if set(before) != set(after):
        raise SystemExit(f"{name}: {sorted(set(before))} became {sorted(set(after))}")
    share = (before[both] == after[both]).mean()
    index = adjusted_rand_score(before[both], after[both])
    print(
        f"{name:<28} same names; {share:7.2%} keep theirs; ARI {index:.3f}", flush=True
    )


def main():
    """Compare with the planted kinds, then run the segments anew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--skip-runs", action="store_true")
    options = parser.parse_args()
    warehouse = ROOT / os.environ.get("INSIGHT_WAREHOUSE", "warehouse.duckdb")
    truth = ROOT / "demo" / "data" / "truth" / "customers.parquet"
    kinds = pd.read_parquet(truth).set_index("customer_id")["kind"]
    first = segments(warehouse)
    print(pd.crosstab(kinds[first.index], first).to_string())
    index = adjusted_rand_score(kinds[first.index], first)
    print(f"\nadjusted Rand index against the planted kinds: {index:.3f}")
    (stability,) = query(
        warehouse,
        "select stability_ari from marts.clustering_comparison where is_selected",
    )["stability_ari"]
    print(f"stability of the selected clustering: {stability:.3f}\n")
    if options.skip_runs:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy = folder / "w.duckdb"
        shutil.copy(warehouse, copy)
        for seed in (1, 2, 3, 4):
            found = again(folder, copy, FITTED, random_seed=seed)
            kept(f"seed {seed}", first, found)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("set threads = 1")
            connection.execute(
                "create or replace table intermediate.int_customer_snapshots as"
                " from intermediate.int_customer_snapshots order by md5(customer_id)"
            )
        found = again(folder, copy, SCALED + FITTED)
        kept("rows shuffled", first, found)
        # The dates of customer metrics and of the demo's last month.
        found = again(folder, copy, DATED + SCALED + FITTED, as_of="2025-11-30")
        kept("one month less", first, found)


if __name__ == "__main__":
    main()
