"""Order lines of a made-up fashion shop, for trying return prediction on.

One order id a line, dates without a time, many lines of a customer on one date (a
basket), the same item in several sizes among them; half of all lines come back. What
decides a return is known here: customer, item, brand, size, price, basket. Seeded.

    python benchmarks/returns/fashion.py --output DIR [--lines 100000] [--seed 1]
    python benchmarks/returns/fashion.py --judge [--lines 100000] [--seed 1]

--output writes the shop's raw exports. --judge builds the return marts from them in a
temporary folder and prints how well each candidate ranks and holds on the newest fifth,
beside the true chances, beside boosted trees tuned on plain features (known return
rates, price, age, tenure, size of the basket), and beside features that know too much.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from build import build
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

FIRST_DAY = np.datetime64("2024-06-22")
N_DAYS = 314
TITLES = ("Mrs", "Mr", "Company", "Family", "not reported")
STATES = 16
SIZES = ("unsized", "xs", "s", "m", "l", "xl", "xxl", *(str(n) for n in range(34, 48)))
COLORS = 60
EXTRA_FEATURES = (
    "item_id",
    "item_size",
    "item_color",
    "brand_id",
    "item_price",
    "user_title",
    "user_state",
    "user_dob",
)


def zipf(n, exponent):
    """Shares (n,) that fall with the rank's power `exponent`."""
    weight = np.arange(1, n + 1) ** -float(exponent)
    return weight / weight.sum()


def draw_lines(n_lines, seed):
    """Order lines (n_lines rows) in time, each with its return probability.

    Columns: order_id, customer_id, ordered_at (date), order_value, the extra
    features, customer_since, return_probability, is_returned, returned_at.
    """
    rng = np.random.default_rng(seed)
    n_customers, n_items = n_lines // 4, max(20, n_lines // 45)
    n_brands = max(5, n_items // 16)

    brand_effect = rng.normal(0, 0.22, n_brands)
    brand = rng.choice(n_brands, n_items, p=zipf(n_brands, 0.7))
    price = np.round(np.exp(rng.normal(4.0, 0.6, n_items)), 0) + 0.9
    item_effect = (
        rng.normal(0, 0.32, n_items)
        + brand_effect[brand]
        + 0.30 * (np.log(price) - 4.0)
    )
    # Items come and go: each sells around a day of its own.
    item_day = rng.uniform(-60, N_DAYS + 30, n_items)
    item_weight = zipf(n_items, 0.55)
    # Shoes have numbers, dresses letters, bags no size at all.
    kind = rng.choice(3, n_items, p=(0.08, 0.42, 0.50))
    size_pools = (np.arange(0, 1), np.arange(1, 7), np.arange(7, len(SIZES)))
    size_effect = rng.normal(0, 0.12, len(SIZES))
    size_effect[0] = -0.6
    color_effect = rng.normal(0, 0.06, COLORS)

    customer_effect = rng.normal(0, 0.62, n_customers)
    customer_size = rng.integers(0, 6, n_customers)
    title = rng.choice(len(TITLES), n_customers, p=(0.90, 0.06, 0.01, 0.01, 0.02))
    state = rng.integers(0, STATES, n_customers)
    born = np.datetime64("1966-06-01") + rng.normal(0, 4000, n_customers).astype(int)
    since = FIRST_DAY - (rng.random(n_customers) ** 2 * 900).astype(int)
    newcomer = rng.random(n_customers) < 0.35
    activity = rng.gamma(0.55, 1.0, n_customers) + 0.02

    n_baskets = n_lines
    customer = rng.choice(n_customers, n_baskets, p=activity / activity.sum())
    season = 1 + 0.35 * np.sin(np.arange(N_DAYS) / 29)
    day = rng.choice(N_DAYS, n_baskets, p=season / season.sum())
    lines_of = np.minimum(1 + rng.geometric(0.42, n_baskets), 20) - (
        rng.random(n_baskets) < 0.45
    )
    keep = np.searchsorted(np.cumsum(lines_of), n_lines) + 1
    owner = np.repeat(np.arange(keep), lines_of[:keep])[:n_lines]

    lines = pd.DataFrame(
        {"basket": owner, "customer": customer[owner], "day": day[owner]}
    )
    nearness = np.exp(
        -0.5 * ((np.arange(N_DAYS)[:, None] - item_day[None, :]) / 45) ** 2
    )
    item = np.empty(n_lines, dtype=int)
    for one in range(N_DAYS):
        rows = np.flatnonzero(lines["day"].to_numpy() == one)
        weight = item_weight * (nearness[one] + 0.01)
        item[rows] = rng.choice(n_items, len(rows), p=weight / weight.sum())
    # Some lines repeat the item before them, in another size or colour.
    again = (rng.random(n_lines) < 0.16) & (np.diff(owner, prepend=-1) == 0)
    for row in np.flatnonzero(again):
        item[row] = item[row - 1]
    size = np.empty(n_lines, dtype=int)
    for code, pool in enumerate(size_pools):
        rows = np.flatnonzero(kind[item] == code)
        usual = customer_size[lines["customer"].to_numpy()[rows]] * len(pool) // 6
        wander = rng.choice((-1, 0, 1), len(rows), p=(0.15, 0.70, 0.15))
        size[rows] = pool[np.clip(usual + wander, 0, len(pool) - 1)]
    for row in np.flatnonzero(again & (kind[item] > 0)):
        pool = size_pools[kind[item[row]]]
        size[row] = pool[min(size[row] - pool[0] + 1, len(pool) - 1)]
    color = (item * 7 + rng.integers(0, 4, n_lines)) % COLORS
    reduced = np.where(rng.random(n_lines) < 0.25, rng.choice((0.5, 0.7, 0.8)), 1.0)
    paid = np.round(price[item] * reduced, 2)

    lines["item"] = item
    same_item = lines.groupby(["customer", "day", "item"])["item"].transform("size")
    basket_lines = lines.groupby(["customer", "day"])["item"].transform("size")
    person = lines["customer"].to_numpy()
    log_odds = (
        -0.28
        + item_effect[item]
        + size_effect[size]
        + color_effect[color]
        + customer_effect[person]
        + 0.75 * (same_item.to_numpy() > 1)
        + 0.14 * np.log(basket_lines.to_numpy())
        + 0.35 * np.log(reduced)
    )
    probability = 1 / (1 + np.exp(-log_odds))
    returned = rng.random(n_lines) < probability
    ordered = FIRST_DAY + lines["day"].to_numpy()
    joined = np.where(
        newcomer,
        FIRST_DAY
        + lines.groupby("customer")["day"]
        .min()
        .reindex(range(n_customers), fill_value=0)
        .to_numpy(),
        since,
    )
    frame = pd.DataFrame(
        {
            "customer_id": np.char.add("u", person.astype(str)),
            "ordered_at": ordered,
            "order_value": paid,
            "item_id": item,
            "item_size": np.array(SIZES)[size],
            "item_color": np.char.add("c", color.astype(str)),
            "brand_id": brand[item],
            "item_price": paid,
            "user_title": np.array(TITLES)[title[person]],
            "user_state": np.char.add("state ", state[person].astype(str)),
            "user_dob": np.where(
                rng.random(n_customers) < 0.1, np.datetime64("NaT"), born
            )[person],
            "customer_since": joined[person],
            "return_probability": probability,
            "is_returned": returned,
            "returned_at": ordered + rng.integers(4, 26, n_lines),
        }
    )
    frame = frame.sort_values(["ordered_at", "customer_id"], kind="stable")
    frame.insert(0, "order_id", np.arange(1, n_lines + 1))
    return frame.reset_index(drop=True)


def write_shop(folder, lines):
    """Write raw exports of `lines` to `folder`, and the truth beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = ["order_id", "customer_id", "ordered_at", "order_value"]
    lines[[*columns, *EXTRA_FEATURES]].to_csv(folder / "orders.csv", index=False)
    returned = lines[lines["is_returned"]]
    pd.DataFrame(
        {
            "order_id": returned["order_id"],
            "returned_at": returned["returned_at"],
            "refund_amount": returned["order_value"],
        }
    ).to_csv(folder / "returns.csv", index=False)
    lines.groupby("customer_id", as_index=False).agg(
        created_at=("customer_since", "first")
    ).to_csv(folder / "customers.csv", index=False)
    lines[["customer_id", "ordered_at"]].head(1).assign(channel="direct").rename(
        columns={"ordered_at": "touched_at"}
    ).to_csv(folder / "touchpoints.csv", index=False)
    truth = folder / "truth"
    truth.mkdir(exist_ok=True)
    lines[["order_id", "return_probability"]].to_parquet(
        truth / "orders.parquet", index=False
    )


def judge(lines):
    """Print AUC and calibration on the test orders of a build from `lines`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_shop(folder / "data", lines)
        settings = {"return_extra_features": list(EXTRA_FEATURES)}
        warehouse, *_ = build(folder / "data", folder, settings)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            test = connection.execute(
                "select cast(order_id as bigint) as order_id, was_returned"
                " from marts.return_predictions where data_split = 'test'"
            ).df()
            examples = connection.execute(
                "select * from intermediate.int_return_examples"
                " where outcome is not null order by day_number, order_id"
            ).df()
            metrics = connection.execute(
                "select candidate, is_selected, metric, value"
                " from intermediate.int_return_metrics"
                " join intermediate.int_return_choice using (candidate)"
                " where data_split = 'test' order by candidate, metric"
            ).df()
    truth = lines.set_index("order_id").loc[test["order_id"]]
    label = test["was_returned"].astype(int)
    print(f"{len(test):,} test orders, {label.mean():.3f} of them returned")
    best = roc_auc_score(label, truth["return_probability"])
    print(f"AUC of the true chances: {best:.4f}")
    print(f"AUC of trees tuned on plain features: {plain(examples):.4f}")
    print(f"AUC of rates over all rows (a leak): {leak(lines, test['order_id']):.4f}")
    print(metrics.to_string(index=False, float_format=lambda value: f"{value:.4f}"))


def plain(examples):
    """Test AUC of boosted trees on plain features, tuned on the newest orders learnt.

    Plain is what is usually made of such a table: nothing about other lines of the
    basket but their number, no price beside the usual one of its item.
    """
    names = [
        name
        for name in examples
        if name.endswith("__return_rate")
        or name in ("order_value", "tenure", "weekday", "basket")
        or name in ("extra_item_price", "extra_user_dob")
    ]
    names = [name for name in names if examples[name].nunique() > 1]
    learnt = examples[examples["is_learnt_from"].astype(bool)]
    test = examples[examples["data_split"] == "test"]
    cut = int(len(learnt) * 0.8)
    earlier, later = learnt[:cut], learnt[cut:]

    def ranked(settings, known, new):
        model = HistGradientBoostingClassifier(
            learning_rate=0.05, early_stopping=False, random_state=1, **settings
        )
        model.fit(known[names], known["outcome"].astype(int))
        score = model.decision_function(new[names])
        return roc_auc_score(new["outcome"].astype(int), score)

    grid = [
        {"max_leaf_nodes": leaves, "min_samples_leaf": few, "max_iter": trees}
        for leaves in (4, 8, 16)
        for few in (20, 200)
        for trees in (50, 100, 200)
    ]
    with threadpool_limits(1):
        best = max(grid, key=lambda settings: ranked(settings, earlier, later))
        return ranked(best, learnt, test)


def leak(lines, test_ids):
    """AUC of the sum of return rates by customer and item, counted over all rows."""
    score = sum(
        lines.groupby(column)["is_returned"].transform("mean")
        for column in ("customer_id", "item_id")
    )
    test = lines["order_id"].isin(test_ids)
    return roc_auc_score(lines["is_returned"][test], score[test])


def main():
    """Write or judge a shop as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--output", type=Path)
    action.add_argument("--judge", action="store_true")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    lines = draw_lines(arguments.lines, arguments.seed)
    if arguments.judge:
        judge(lines)
    else:
        write_shop(arguments.output, lines)


if __name__ == "__main__":
    main()
