"""How long monitoring takes on two years of hourly data in ten channels.

    .venv/bin/python benchmarks/anomalies/scale.py [--days 730] [--channels 10]

Writes raw files of a seeded shop (orders, touches, returns, spend, and sessions by
hour and channel), then runs `dbt build --selector monitoring` three times, pinned to
two cores: into a fresh warehouse (cold), again with nothing new, and again with one
more day of data.  Prints wall clock and CPU seconds of each run, start-up of dbt
included, and what single models took in the cold run.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
SEED = "20240101"


def write_shop(folder, days, channels):
    """Raw files of a shop of `days` days whose hours all have orders and sessions."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create macro lot(key) as
                ('0x' || substr(md5('{SEED}' || key), 1, 8))::bigint / 4294967296.0;
            create table hours as
            select
                timestamp '2024-01-01' + to_hours(hour::integer) as hour_start,
                'channel_' || channel as channel,
                -- Busier by day, at weekends, and in the later channels.
                (1 + 0.6 * sin((hour % 24 - 8) * pi() / 12))
                * (1 + 0.2 * (hour // 24 % 7 >= 5)::integer) * (1 + channel / 10.0)
                    as busy,
                hour || '.' || channel as key
            from range({days} * 24) as hours(hour), range({channels}) as c(channel);
            create table orders as
            select
                'o' || key || '.' || number as order_id,
                'c' || (lot('c' || key || number) * 100000)::integer as customer_id,
                hour_start + to_seconds((lot('s' || key || number) * 3599)::integer)
                    as ordered_at,
                round(20 + 100 * lot('v' || key || number), 2) as order_value,
                channel
            from hours, range(6) as numbers(number)
            where lot('o' || key || number) < 0.35 * busy / 2;
            copy (select hour_start as session_hour, channel,
                (busy * 40 * (0.8 + 0.4 * lot('n' || key)))::integer as sessions
                from hours) to '{folder}/web_sessions.parquet';
            copy (select order_id, customer_id, ordered_at, order_value from orders)
                to '{folder}/orders.parquet';
            copy (select 't' || order_id as touchpoint_id, customer_id, channel,
                ordered_at - interval 10 minute as touched_at from orders)
                to '{folder}/touchpoints.parquet';
            copy (select order_id, ordered_at + interval 6 day as returned_at,
                order_value as refund_amount from orders where lot(order_id) < 0.08)
                to '{folder}/returns.parquet';
            copy (select hour_start::date as spend_date, channel, 100 as spend
                from hours where hour(hour_start) = 0)
                to '{folder}/marketing_spend.parquet';
            """
        )
        return connection.execute("select count(*) from orders").fetchone()[0]


def run(folder, days):
    """One run of the selector; (wall seconds, CPU seconds)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run(
        [
            shutil.which("dbt", path=Path(sys.executable).parent) or "dbt",
            *("build", "--selector", "monitoring"),
            *("--target-path", str(folder / "target"), "--log-path", str(folder)),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "INSIGHT_DATA": str(folder / f"data{days}"),
            "INSIGHT_WAREHOUSE": str(folder / "warehouse.duckdb"),
        },
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-4000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu


def main():
    """Write the shops, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--channels", type=int, default=10)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    folder = Path(tempfile.mkdtemp(prefix="monitoring-"))
    try:
        for days in (options.days, options.days + 1):
            (folder / f"data{days}").mkdir()
            orders = write_shop(folder / f"data{days}", days, options.channels)
        print(f"{options.days} days, {options.channels} channels, {orders} orders")
        print(f"load average at the start: {os.getloadavg()[0]:.1f}\n")
        print(f"{'run':20}{'wall s':>8}{'CPU s':>8}")
        for name, days in (
            ("cold", options.days),
            ("nothing new", options.days),
            ("one day more", options.days + 1),
        ):
            wall, cpu = run(folder, days)
            print(f"{name:20}{wall:8.1f}{cpu:8.1f}", flush=True)
            if name == "cold":
                results = json.loads((folder / "target/run_results.json").read_text())
        print("\nslowest models of the cold run, wall s")
        slowest = sorted(results["results"], key=lambda row: -row["execution_time"])
        for row in slowest[:10]:
            print(f"{row['unique_id'].split('.')[2]:38}{row['execution_time']:7.1f}")
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
