"""A shop whose orders come back with known chances, and its features order by order.

The features are written from the definitions in docs and YAML, not from the SQL: each
is counted out of the orders that somebody could have known on the evening before.
"""

import numpy as np
import pandas as pd

CATEGORIES = ("Shoes", "hats", "bags")
FIRST = pd.Timestamp("2024-01-01")
WEIGHT = 20  # orders at the rate of all that a return rate starts with


def draw(seed, orders=4000, customers=300, days=240, effect=1.0):
    """Raw tables of a shop, with `chance` and `returned_on` beside the orders."""
    random = np.random.default_rng(seed)
    day = np.sort(random.integers(0, days, orders))
    # Two orders of one moment now and then.
    hour = random.integers(0, 3, orders) * 8
    customer = random.integers(0, customers, orders)
    again = np.flatnonzero(random.random(orders - 1) < 0.1) + 1
    for row in again:
        day[row], hour[row] = day[row - 1], hour[row - 1]
        customer[row] = customer[row - 1]
    category = random.integers(0, 3, orders)
    brand = random.integers(0, 12, orders)
    discount = random.choice([0.0, 0.1, 0.4], orders, p=[0.6, 0.25, 0.15])
    weight = np.round(random.lognormal(0, 0.5, orders), 3)
    value = np.round(random.lognormal(4, 0.6, orders), 2)
    log_odds = effect * (
        -1.2
        + 1.5 * (discount > 0.3)
        + np.array([0.5, 0.0, -0.6])[category]
        + np.linspace(-0.8, 0.8, 12)[brand]
        + 0.5 * np.log(weight)
    )
    chance = 1 / (1 + np.exp(-log_odds))
    frame = pd.DataFrame(
        {
            "order_id": [f"o{number:05d}" for number in range(orders)],
            "customer_id": np.where(
                random.random(orders) < 0.03, "", np.char.add("c", customer.astype(str))
            ),
            "ordered_at": FIRST
            + pd.to_timedelta(day, unit="D")
            + pd.to_timedelta(hour, unit="h"),
            "order_value": value,
            "discount_amount": np.round(value * discount / (1 - discount), 2),
            "product_category": np.array(CATEGORIES)[category],
            "shipping_method": np.where(random.random(orders) < 0.5, "post", ""),
            "status": np.where(random.random(orders) < 0.02, "cancelled", ""),
            "Brand": np.char.add("B", brand.astype(str)),
            "weight": weight,
            "chance": chance,
        }
    )
    returned = (random.random(orders) < chance) & (frame["status"] == "")
    # Some come back after the window of 14 days.
    after = random.integers(1, 18, orders)
    frame["returned_on"] = np.where(
        returned,
        frame["ordered_at"].dt.normalize() + pd.to_timedelta(after, unit="D"),
        pd.NaT,
    )
    frame["returned_on"] = pd.to_datetime(frame["returned_on"])
    return frame


def raw(frame, until=None):
    """Raw tables of `frame` for `Project.build`, cut off after the date `until`."""
    if until is not None:
        frame = frame[frame["ordered_at"] < pd.Timestamp(until) + pd.Timedelta(days=1)]
    orders = frame.drop(columns=["chance", "returned_on"])
    returns = frame[frame["returned_on"].notna()]
    if until is not None:
        returns = returns[returns["returned_on"] <= pd.Timestamp(until)]
    people = frame[frame["customer_id"] != ""].groupby("customer_id", as_index=False)
    first = people["ordered_at"].min()
    number = first["customer_id"].str[1:].astype(int)
    return {
        "touchpoints": pd.DataFrame(
            {"customer_id": ["c0"], "channel": ["direct"], "touched_at": [FIRST]}
        ),
        "orders": orders,
        "returns": pd.DataFrame(
            {
                "order_id": returns["order_id"],
                "returned_at": returns["returned_on"],
                "refund_amount": returns["order_value"],
                "processing_cost": 5,
            }
        ),
        # Every third customer signed up ten days after the first order.
        "customers": pd.DataFrame(
            {
                "customer_id": first["customer_id"],
                "created_at": first["ordered_at"].dt.normalize()
                + pd.to_timedelta(np.where(number % 3 == 0, 10, -30), unit="D"),
            }
        ),
    }


def features(frame, window, sample):
    """Features of the orders `sample` (ids), each from what its evening before knew."""
    created = raw(frame)["customers"].set_index("customer_id")["created_at"]
    frame = frame[frame["status"] == ""].copy()
    frame["day"] = frame["ordered_at"].dt.normalize()
    gone = frame["returned_on"] - frame["day"]
    frame["came_back"] = gone <= pd.Timedelta(days=window)
    found = []
    for one in frame[frame["order_id"].isin(sample)].itertuples():
        before = frame[frame["day"] < one.day]
        known = before[before["day"] + pd.Timedelta(days=window) < one.day]
        base = known["came_back"].mean() if len(known) else np.nan

        def rate(column, value, known=known, base=base):
            same = known[known[column] == value]
            return (same["came_back"].sum() + WEIGHT * base) / (len(same) + WEIGHT)

        def to_mean(column, value, one=one, before=before):
            same = before[before[column] == value]
            return one.order_value / same["order_value"].mean() if len(same) else np.nan

        own = before[before["customer_id"] == one.customer_id]
        at_once = frame[
            (frame["customer_id"] == one.customer_id)
            & (frame["ordered_at"] == one.ordered_at)
        ]
        is_guest = one.customer_id == ""
        tenure = np.nan
        if not is_guest and created[one.customer_id] <= one.day:
            tenure = (one.day - created[one.customer_id]).days
        list_price = one.order_value + one.discount_amount
        found.append(
            {
                "order_id": one.order_id,
                "order_value": one.order_value,
                "order_value__to_category": to_mean(
                    "product_category", one.product_category
                ),
                "discount_share": one.discount_amount / list_price,
                "tenure": tenure,
                "weekday": one.day.isoweekday(),
                "shipping_method__return_rate": rate(
                    "shipping_method", one.shipping_method
                ),
                "product_category__return_rate": rate(
                    "product_category", one.product_category
                ),
                "customer_history__return_rate": np.nan
                if is_guest
                else rate("customer_id", one.customer_id),
                "customer_history__known_orders": np.nan
                if is_guest
                else (known["customer_id"] == one.customer_id).sum(),
                "customer_orders__before": np.nan if is_guest else len(own),
                "customer_orders__days_since": np.nan
                if is_guest or not len(own)
                else (one.day - own["day"].max()).days,
                "extra_brand__return_rate": rate("Brand", one.Brand),
                "extra_brand__to_value": to_mean("Brand", one.Brand),
                "extra_brand__in_basket": 1
                if is_guest
                else (at_once["Brand"] == one.Brand).sum(),
                "extra_weight": one.weight,
                "basket": 1 if is_guest else len(at_once),
            }
        )
    return pd.DataFrame(found).set_index("order_id")
