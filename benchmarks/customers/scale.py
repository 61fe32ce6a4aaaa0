"""How the customer models grow: segments with customers, everything with orders.

    python benchmarks/customers/scale.py [--customers 45000,200000,1000000]
        [--orders 1000000] [--skip-orders]

Segments: a table of customers as they stand on one day is made up (five kinds, skewed
spend; seeded by md5), and dbt runs every model from the scaling of features to
customer_segments: all candidates, their scores, the choice, the label of every
customer. Printed for each size: seconds as dbt counts them, CPU seconds and the largest
memory of the process, less those of a run that selects nothing.

Orders: raw orders, customers and returns of two years are made up, and dbt runs all
customer models from the raw files on: snapshots of 24 months, segments, churn.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
SEGMENTS = (
    "int_segment_scaling",
    "int_segment_sample",
    "ml_segment_candidates",
    "int_segment_candidates",
    "clustering_comparison",
    "int_segment_assignments",
    "int_segment_names",
    "int_segment_history",
    "customer_segments",
)
# A number in [0, 1) that depends on the row and a word alone.
DRAW = (
    "(('0x' || substr(md5('{word}' || cast(i as varchar)), 1, 8))::bigint"
    " / 4294967296.0)"
)
SNAPSHOTS = """
create schema intermediate;
create schema marts;
create table intermediate.int_snapshot_dates as
select
    date '2025-12-31' as snapshot_date,
    true as is_as_of,
    false as is_horizon_before_as_of,
    true as is_month_end;
create table intermediate.int_customer_snapshots as
with drawn as (
    select
        'c' || cast(i as varchar) as customer_id,
        {kind} as kind,
        -ln(1 - {silence}) as silence,
        -ln(1 - {orders}) as orders,
        exp(sqrt(-2 * ln(1 - {spend})) * cos(6.283185307179586 * {angle})) as spend
    from range({customers}) as rows_ (i)
)
select
    date '2025-12-31' as snapshot_date,
    customer_id,
    1 + cast(orders * case
        when kind < 0.04 then 20 when kind < 0.22 then 6 when kind < 0.38 then 5
        else 0.6 end as integer) as total_orders,
    cast(orders * case
        when kind < 0.04 then 9 when kind < 0.22 then 2 when kind < 0.38 then 0.3
        when kind < 0.58 then 1 else 0 end as integer) as orders_last_180_days,
    round(spend * (1 + orders) * case
        when kind < 0.04 then 900 when kind < 0.22 then 150 else 60 end, 2)
        as total_spend,
    least(700, cast(silence * case
        when kind < 0.04 then 15 when kind < 0.22 then 40 when kind < 0.38 then 60
        when kind < 0.58 then 50 else 150 end
        + case when kind between 0.22 and 0.38 then 90 when kind > 0.58 then 180
          else 0 end as integer)) as days_since_last_order
from drawn;
"""
ORDERS = {
    "orders": """
        select
            'o' || cast(i as varchar) as order_id,
            'c' || cast(cast(floor({buyer} * {buyer} * {customers}) as bigint)
                as varchar) as customer_id,
            timestamp '2024-01-01' + cast({time} * 730 * 86400 as bigint)
                * interval '1' second as ordered_at,
            round(20 + 200 * {value} * {value}, 2) as order_value
        from range({orders}) as rows_ (i)
    """,
    "customers": """
        select
            'c' || cast(i as varchar) as customer_id,
            timestamp '2023-12-31' as created_at
        from range({customers}) as rows_ (i)
    """,
    "returns": """
        select
            'o' || cast(i as varchar) as order_id,
            timestamp '2026-01-01' - cast({late} * 86400 as bigint)
                * interval '1' second as returned_at,
            10.0 as refund_amount,
            5.0 as processing_cost
        from range({orders}) as rows_ (i)
        where {back} < 0.1
    """,
    "touchpoints": """
        select
            't1' as touchpoint_id, 'c0' as customer_id, 'email' as channel,
            timestamp '2025-12-31 12:00:00' as touched_at
    """,
}


def filled(sql, **numbers):
    """`sql` with its numbers, every other name in braces a draw of that name."""

    class Draws(dict):
        def __missing__(self, word):
            return DRAW.format(word=word)

    return sql.format_map(Draws(numbers))


def write_orders(folder, orders):
    """Raw files of `orders` orders of a quarter as many customers."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for name, sql in ORDERS.items():
            query = filled(sql, orders=orders, customers=orders // 4)
            connection.execute(f"copy ({query}) to '{folder / name}.parquet'")


def run(folder, selected):
    """Run dbt; returns seconds by model, CPU seconds and peak memory in GiB."""
    command = [
        str(Path(sys.executable).with_name("dbt")),
        *("run", "--target-path", str(folder / "target")),
        *("--log-path", str(folder / "logs"), "--select", *selected),
    ]
    environment = {
        **os.environ,
        "INSIGHT_DATA": str(folder / "data"),
        "INSIGHT_WAREHOUSE": str(folder / "w.duckdb"),
    }
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(printed[-4000:])
    results = json.loads((folder / "target" / "run_results.json").read_text())
    seconds = {
        result["unique_id"].split(".")[-1]: result["execution_time"]
        for result in results["results"]
        if result["unique_id"].startswith("model.")
    }
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20


def segments(sizes):
    """Print how long comparison and labels take for each number of customers."""
    print("\nSegments: every candidate, the choice, every customer's label\n")
    print("customers    seconds   of it candidates   CPU s   peak GiB   CPU s per 100k")
    for customers in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_orders(folder / "data", 40)
            with duckdb.connect(str(folder / "w.duckdb")) as connection:
                connection.execute("set threads = 2")
                connection.execute(filled(SNAPSHOTS, customers=customers))
            # The first run parses the project, which later ones need not.
            run(folder, ["nothing_is_called_so"])
            _, idle, _ = run(folder, ["nothing_is_called_so"])
            seconds, cpu, peak = run(folder, SEGMENTS)
            with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
                (labelled,) = connection.execute(
                    "select count(*) from marts.customer_segments"
                ).fetchone()
        if labelled != customers:
            raise SystemExit(f"{labelled} of {customers} customers have a segment")
        cpu -= idle
        print(
            f"{customers:9,}  {sum(seconds.values()):9.1f}"
            f"  {seconds['ml_segment_candidates']:17.1f}  {cpu:6.1f}  {peak:9.2f}"
            f"  {cpu / customers * 1e5:15.2f}",
            flush=True,
        )


def whole(orders):
    """Print time and memory of all customer models from raw files on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_orders(folder / "data", orders)
        subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                *("seed", "--target-path", str(folder / "target")),
                *("--log-path", str(folder / "logs")),
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
        seconds, cpu, peak = run(folder, ["+path:models/customers"])
    print(f"\nAll customer models on {orders:,} orders, {orders // 4:,} customers\n")
    print(f"models {sum(seconds.values()):.1f} s, CPU {cpu:.1f} s, peak {peak:.2f} GiB")
    for name, one in sorted(seconds.items(), key=lambda item: -item[1])[:8]:
        print(f"  {name:<32} {one:6.1f} s")


def main():
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", default="45000,200000,1000000")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--skip-orders", action="store_true")
    options = parser.parse_args()
    segments([int(size) for size in options.customers.split(",") if size])
    if not options.skip_orders:
        whole(options.orders)


if __name__ == "__main__":
    main()
