"""How long it takes to profile a table: 100,000 rows of 10 columns by default.

    python benchmarks/quality/profile.py [--rows 100000] [--repeat 5]

The table is made up (numbers, money, texts, dates, gaps; seeded) and profiled by dbt
as any table that the setting profiled_relations names. Printed are the seconds that
dbt gives for the model, and wall clock and CPU seconds of its SQL alone, run again and
again on the same two threads.
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
MODEL = "int_profile_other_tables"
TABLE = """
create schema lab;
create table lab.wide as
select
    i as id,
    'customer ' || cast(i % 30000 as varchar) as customer,
    ['email', 'meta', 'google_ads', 'organic', 'direct'][1 + i * 7919 % 5] as channel,
    cast(10 + (i * 48271 % 100000) / 700.0 as decimal(18, 2)) as order_value,
    exp(sin(i) * 3) as weight,
    case when i % 9 > 0 then sin(i * i) end as score,
    i * 69621 % 50 as quantity,
    i % 3 = 0 as is_gift,
    date '2024-01-01' + cast(i % 700 as integer) as ordered_on,
    timestamp '2024-01-01' + i * interval '37' second as ordered_at
from range(?) as rows_ (i)
"""


def dbt(arguments, folder, **settings):
    """Run dbt with a target folder and a warehouse of its own below `folder`."""
    subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            *arguments,
            "--target-path",
            folder / "target",
            "--log-path",
            folder / "logs",
            "--vars",
            json.dumps(settings),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "INSIGHT_DATA": str(folder / "data"),
            "INSIGHT_WAREHOUSE": str(folder / "w.duckdb"),
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )


def main():
    """Make the table, profile it, print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "data" / "touchpoints.csv").write_text(
            "customer_id,channel,touched_at\na,email,2025-01-01\n"
        )
        (folder / "data" / "orders.csv").write_text(
            "order_id,customer_id,ordered_at,order_value\n1,a,2025-01-02,5\n"
        )
        with duckdb.connect(str(folder / "w.duckdb")) as connection:
            connection.execute("set threads = 2")
            connection.execute(TABLE.split(";")[0])
            connection.execute(TABLE.split(";")[1], [options.rows])
        dbt(["run", "--select", MODEL], folder, profiled_relations=["lab.wide"])
        results = json.loads((folder / "target" / "run_results.json").read_text())
        (seconds,) = (
            result["execution_time"]
            for result in results["results"]
            if result["unique_id"].endswith("." + MODEL)
        )
        (sql,) = (folder / "target" / "compiled").rglob(f"{MODEL}.sql")
        walls, cpus = [], []
        with duckdb.connect(str(folder / "w.duckdb")) as connection:
            connection.execute("set threads = 2")
            for _ in range(options.repeat):
                wall, cpu = time.perf_counter(), time.process_time()
                rows = connection.execute(sql.read_text()).fetchall()
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
    print(f"{options.rows:,} rows of {len(rows)} columns, two threads")
    print(f"the model as dbt ran it  {seconds:6.2f} s")
    print(f"its SQL, best of {options.repeat:<3}     {min(walls):6.2f} s")
    print(f"its SQL, CPU, least      {min(cpus):6.2f} s")


if __name__ == "__main__":
    main()
