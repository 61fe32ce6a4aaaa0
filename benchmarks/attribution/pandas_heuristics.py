"""The six heuristic models in pandas: what a user would write instead.

Merge orders with touches, keep the window, sort, then group-by arithmetic; no
Python loop over rows.  Totals by channel are all it returns: neither row-level
credits nor months, campaigns or standard errors.
"""

import argparse
import json

import pandas as pd
from stopwatch import Stopwatch

MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
)


def read_raw(data):
    """Read the columns that attribution needs; channels as categories."""
    touchpoints = pd.read_parquet(
        f"{data}/touchpoints.parquet",
        columns=["touchpoint_id", "customer_id", "channel", "touched_at"],
    )
    touchpoints["channel"] = touchpoints["channel"].astype("category")
    orders = pd.read_parquet(
        f"{data}/orders.parquet",
        columns=["customer_id", "ordered_at", "order_value"],
    )
    return touchpoints, orders


def paths_of(touchpoints, orders, lookback_days):
    """One row per (order, touch of its window), in path order.

    `order_number` is the order's row number in `orders`.
    """
    orders = orders.assign(order_number=range(len(orders)))
    pairs = orders.merge(touchpoints, on="customer_id")
    in_window = (pairs["touched_at"] <= pairs["ordered_at"]) & (
        pairs["touched_at"] >= pairs["ordered_at"] - pd.Timedelta(days=lookback_days)
    )
    return pairs[in_window].sort_values(
        ["order_number", "touched_at", "touchpoint_id"], ignore_index=True
    )


def journeys_of(touchpoints, orders, lookback_days):
    """One row per touch of a journey, in order, for data-driven models.

    A journey is what a customer touches until the next order; a gap longer than the
    lookback ends it.  `journey` numbers them from 0; `converted` and `order_value`
    are those of the journey, in each of its rows.
    """
    touches = touchpoints.assign(is_order=False, order_value=0.0)
    buys = orders.rename(columns={"ordered_at": "touched_at"}).assign(is_order=True)
    events = pd.concat([touches, buys], ignore_index=True).sort_values(
        ["customer_id", "touched_at", "is_order", "touchpoint_id"], ignore_index=True
    )
    gap = pd.Timedelta(days=lookback_days)
    same = events["customer_id"].eq(events["customer_id"].shift())
    near = same & (events["touched_at"] - events["touched_at"].shift() <= gap)
    goes_on = near & ~events["is_order"].shift(fill_value=False)
    events["journey"] = (~goes_on).cumsum()
    is_won = events["is_order"] & goes_on
    won = events.loc[is_won, ["journey", "order_value"]].set_index("journey")
    steps = events[~events["is_order"]]
    value = steps["journey"].map(won["order_value"])
    return steps.assign(
        converted=value.notna(),
        order_value=value.fillna(0.0),
        journey=pd.factorize(steps["journey"])[0],
    )


def credits_of(paths, half_life_days, weights):
    """Credit of each row of `paths` under each model, a frame of len(MODELS) columns.

    `weights`: (first, middle, last) of the position-based model, summing to 1.
    """
    by_order = paths.groupby("order_number", sort=False)
    position = by_order.cumcount() + 1
    length = by_order["channel"].transform("size")
    is_first, is_last = position == 1, position == length
    credits = pd.DataFrame(index=paths.index)
    credits["first_touch"] = is_first.astype(float)
    credits["last_touch"] = is_last.astype(float)

    is_direct = paths["channel"] == "direct"
    last_other = position.where(~is_direct).groupby(paths["order_number"], sort=False)
    chosen = last_other.transform("max").fillna(length)
    credits["last_non_direct"] = (position == chosen).astype(float)

    credits["linear"] = 1 / length

    age_days = (paths["ordered_at"] - paths["touched_at"]) / pd.Timedelta(days=1)
    weight = 0.5 ** (age_days / half_life_days)
    total = weight.groupby(paths["order_number"], sort=False).transform("sum")
    credits["time_decay"] = weight / total

    first, middle, last = weights
    shaped = is_first * first + is_last * last
    shaped = shaped.where(is_first | is_last, middle / (length - 2))
    shaped = shaped.where(length != 2, shaped / (first + last))
    credits["position_based"] = shaped.where(length != 1, 1.0)
    return credits


def totals_of(paths, credits, orders):
    """Credits and credited revenue by (model, channel), nested dicts.

    Orders without a touch are the channel `unattributed`.
    """
    revenue = credits.mul(paths["order_value"], axis=0)
    by_channel = {"observed": True, "sort": False}
    conversion_totals = credits.groupby(paths["channel"], **by_channel).sum()
    revenue_totals = revenue.groupby(paths["channel"], **by_channel).sum()
    touched = paths["order_number"].drop_duplicates()
    untouched = orders.drop(index=touched)
    totals = {}
    for model in MODELS:
        totals[model] = {
            channel: [conversion_totals.at[channel, model], amount]
            for channel, amount in revenue_totals[model].items()
        }
        totals[model]["unattributed"] = [
            float(len(untouched)),
            float(untouched["order_value"].sum()),
        ]
    return totals


def main():
    """Attribute and print times and totals as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--lookback-days", type=float, required=True)
    parser.add_argument("--half-life-days", type=float, required=True)
    parser.add_argument("--weights", type=float, nargs=3, required=True)
    arguments = parser.parse_args()
    with Stopwatch() as stopwatch:
        touchpoints, orders = read_raw(arguments.data)
        paths = paths_of(touchpoints, orders, arguments.lookback_days)
        credits = credits_of(paths, arguments.half_life_days, arguments.weights)
        totals = totals_of(paths, credits, orders)
    print(json.dumps(stopwatch.facts | {"pairs": len(paths), "totals": totals}))


if __name__ == "__main__":
    main()
