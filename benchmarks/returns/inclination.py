"""What a customer's hidden inclination to return costs any model, by its size.

    python benchmarks/returns/inclination.py [--sizes 0.1,0.3]

Makes the demo company with inclinations of each standard deviation (log-odds), and
once without any: those chances are all that one can know who knows everything else.
Prints the expected AUC of both and the difference, which no model of order-time
features can win back, except for what a customer's few earlier orders tell.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def chances(size, scale):
    """Return probabilities of the demo's orders (index: order_id)."""
    from demo import buying, generate

    buying.RETURN_CUSTOMER = size
    with tempfile.TemporaryDirectory() as folder:
        settings = generate.Settings(scale, 20240101)
        generate.generate(folder, settings, say=lambda _: None)
        truth = pd.read_parquet(Path(folder) / "truth" / "orders.parquet")
    return truth.set_index("order_id")["return_probability"]


def expected_auc(score, chance):
    """AUC of `score` when orders come back with `chance`."""
    n_orders = len(chance)
    return roc_auc_score(
        np.repeat([1, 0], n_orders),
        np.tile(score, 2),
        sample_weight=np.concatenate([chance, 1 - chance]),
    )


def main():
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="0.1,0.3")
    parser.add_argument("--scale", type=float, default=0.3)
    arguments = parser.parse_args()
    without = chances(0, arguments.scale)
    for size in map(float, arguments.sizes.split(",")):
        chance = chances(size, arguments.scale)
        both = pd.concat([chance, without], axis=1, join="inner", keys=["all", "known"])
        oracle = expected_auc(both["all"], both["all"])
        known = expected_auc(both["known"], both["all"])
        print(
            f"inclination {size}: AUC of the truth {oracle:.4f}, of all that can be"
            f" known {known:.4f}, difference {oracle - known:.4f}"
        )


if __name__ == "__main__":
    main()
