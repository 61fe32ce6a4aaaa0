"""Time and memory of the return marts by number of orders.

    python benchmarks/returns/scale.py [--orders 100k,1M]

Each size is built from Parquet files by a dbt process of its own: staging, features,
trials, fits, scores and SHAP values of every order, marts. Orders lie over two years, a
customer places four; 15 % come back. Seeded.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from build import build

FIRST = np.datetime64("2024-01-01")
DAYS = 730


def write_shop(folder, n_orders, seed=1):
    """Write raw tables with `n_orders` orders to `folder`."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    second = np.sort(random.integers(0, DAYS * 86400, n_orders))
    ordered = FIRST.astype("datetime64[s]") + second
    category = random.integers(0, 6, n_orders)
    discount = random.choice([0.0, 0.1, 0.4], n_orders, p=[0.6, 0.25, 0.15])
    value = np.round(random.lognormal(4, 0.7, n_orders), 2)
    log_odds = -2.2 + 1.3 * (discount > 0.3) + np.linspace(-0.4, 0.4, 6)[category]
    returned = random.random(n_orders) < 1 / (1 + np.exp(-log_odds))
    order_id = np.char.add("o", np.char.zfill(np.arange(n_orders).astype(str), 9))
    customer = random.integers(0, max(1, n_orders // 4), n_orders)
    pd.DataFrame(
        {
            "order_id": order_id,
            "customer_id": np.char.add("c", customer.astype(str)),
            "ordered_at": ordered,
            "order_value": value,
            "discount_amount": np.round(value * discount / (1 - discount), 2),
            "product_category": np.char.add("category ", category.astype(str)),
            "shipping_method": random.choice(["post", "express"], n_orders),
        }
    ).to_parquet(folder / "orders.parquet", index=False)
    pd.DataFrame(
        {
            "order_id": order_id[returned],
            "returned_at": ordered[returned]
            + random.integers(3, 29, returned.sum()) * 86400,
            "refund_amount": value[returned],
            "processing_cost": 9.5,
        }
    ).to_parquet(folder / "returns.parquet", index=False)
    pd.DataFrame(
        {"customer_id": ["c0"], "channel": ["direct"], "touched_at": [FIRST]}
    ).to_csv(folder / "touchpoints.csv", index=False)


def size(text):
    """A number of orders as people write it: 100k, 1M."""
    units = {"k": 1_000, "m": 1_000_000}
    unit = units.get(text[-1].lower(), 1)
    return int(float(text.rstrip("kKmM")) * unit)


def main():
    """Measure the sizes of the command line, each in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", default="100k,1M")
    arguments = parser.parse_args()
    print("| orders | seconds | CPU seconds | peak memory GB | AUC on the test |")
    print("|---|---|---|---|---|")
    for n_orders in map(size, arguments.orders.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_shop(folder / "data", n_orders)
            warehouse, seconds, cpu, memory = build(folder / "data", folder, {})
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                scored, auc = connection.execute(
                    "select (select count(return_probability)"
                    " from marts.return_predictions), value"
                    " from intermediate.int_return_metrics"
                    " join intermediate.int_return_choice using (candidate)"
                    " where is_selected and data_split = 'test' and metric = 'auc_roc'"
                ).fetchone()
        assert scored == n_orders, (scored, n_orders)
        print(
            f"| {n_orders:,} | {seconds:.0f} | {cpu:.0f} | {memory:.1f} | {auc:.3f} |"
        )


if __name__ == "__main__":
    main()
