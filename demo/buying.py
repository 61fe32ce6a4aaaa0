"""Customers of one chunk, their orders and their returns.

Counts, instants and values are drawn by strata (rank to quantile), so that a
small company already shows the means, rhythms and shares of a large one.
"""

from dataclasses import dataclass

import numpy as np

from demo import company
from demo.company import DAY, END_SECOND, HOUR, KINDS, N_DAYS

CATEGORIES = ("electronics", "fashion", "home", "beauty", "sports", "toys")
CATEGORY_SHARE = (0.20, 0.27, 0.19, 0.14, 0.12, 0.08)
CATEGORY_DECEMBER = (1.15, 0.90, 0.90, 1.05, 0.80, 2.20)
CATEGORY_VALUE = (0.35, 0.0, 0.10, -0.30, 0.0, -0.15)
SHIPPING = ("standard", "express", "economy", "pickup")
SHIPPING_SHARE = (0.56, 0.19, 0.15, 0.10)
STATUSES = ("completed", "shipped", "pending", "cancelled", "refunded")
COMPLETED, SHIPPED, PENDING, CANCELLED, REFUNDED = range(5)

SMALL_DISCOUNTS = (0.05, 0.10, 0.15, 0.20, 0.25)
HEAVY_DISCOUNTS = (0.35, 0.40, 0.50)
HEAVY_FROM = 0.30

# Kinds that buy once or twice: days from first to last order, last day of all.
BRIEF_SPAN_DAYS = {"new": 90, "dormant": 60}
BRIEF_UNTIL_DAY = {"new": N_DAYS, "dormant": 575}
# The at-risk customer's last order lies this many days before the end.
AT_RISK_SILENCE_DAYS = (60, 150)

DROP_REFERENCE_DAYS = 28  # either side of a drop, for what was to be expected

CANCELLED_SHARE = 0.015
GUEST_SHARE = 0.010

# Log-odds of a return. The effect of a heavy discount is set so that heavily
# discounted orders come back three times as often as the rest.
RETURN_INTERCEPT = -2.525
RETURN_HEAVY = 1.32
RETURN_CATEGORY = (0.10, 0.38, -0.08, -0.35, 0.0, -0.12)
RETURN_SHIPPING = (0.0, 0.08, 0.16, -0.18)
# Small: nothing recorded tells it, and a customer's few earlier orders hardly do
# (benchmarks/returns/inclination.py).
RETURN_CUSTOMER = 0.10
RETURN_VALUE = 0.10
PROCESSING_COST = (14.0, 8.5, 12.0, 6.0, 9.0, 7.0)


@dataclass
class Customers:
    """Customers of one chunk; every array is (n_customers,)."""

    number: np.ndarray  # company-wide number, from 1
    kind: np.ndarray  # index into KINDS
    starts: np.ndarray  # day on which the customer begins to buy
    ends: np.ndarray  # day of the last possible order
    known: np.ndarray  # bought before the data begin
    n_orders: np.ndarray
    taste: np.ndarray  # standard normal, basket size
    fussiness: np.ndarray  # standard normal, inclination to return
    created: np.ndarray  # seconds from START, negative before it; set by orders


@dataclass
class Orders:
    """Orders of one chunk, ordered in time; every array is (n_orders,)."""

    customer: np.ndarray  # index into Customers
    kind: np.ndarray
    sequence: np.ndarray  # 0 for the customer's first order in the data
    second: np.ndarray
    cents: np.ndarray  # paid, net of discount
    discount_cents: np.ndarray
    discount_share: np.ndarray  # of list price, before rounding to cents
    category: np.ndarray
    shipping: np.ndarray
    status: np.ndarray
    guest: np.ndarray
    return_probability: np.ndarray

    def take(self, rows):
        """Return the chosen rows."""
        return Orders(**{name: a[rows] for name, a in vars(self).items()})


@dataclass
class Returns:
    """Returns of one chunk; every array is (n_returns,)."""

    order: np.ndarray  # index into Orders
    second: np.ndarray
    refund_cents: np.ndarray
    processing_cents: np.ndarray


def whole_numbers(mean, offset):
    """Round `mean` (n,) to integers whose total is that of the means.

    Systematic rounding of the running total; `offset` in [0, 1).
    """
    edges = np.floor(np.concatenate(([0.0], np.cumsum(mean))) + offset + 1e-9)
    return np.diff(edges).astype(np.int64)


def pick(shares, u):
    """Indices drawn with probabilities `shares` by uniforms `u` (n,)."""
    edges = np.cumsum(shares)
    return np.minimum(
        np.searchsorted(edges / edges[-1], u, side="right"), len(shares) - 1
    )


def draw_customers(seed, chunk, n_customers, chunk_size):
    """Draw the customers of `chunk` from the generator seeded (seed, chunk)."""
    rng = company.chunk_rng(seed, chunk)
    counts = company.exact_kind_counts(n_customers)
    kind = rng.permutation(np.repeat(np.arange(len(KINDS)), counts))
    n = n_customers
    starts, ends = np.zeros(n), np.full(n, float(N_DAYS))
    known = np.zeros(n, dtype=bool)
    n_orders = np.zeros(n, dtype=np.int64)
    for code, one in enumerate(KINDS):
        rows = np.flatnonzero(kind == code)
        size = len(rows)
        if not size:
            continue
        known[rows] = rng.permutation(size) < round(one.known * size)
        joined = rows[~known[rows]]
        edges = company.cumulative(company.by_day(one.joins))
        strata = (rng.permutation(len(joined)) + rng.random(len(joined))) / max(
            1, len(joined)
        )
        starts[joined] = np.interp(strata, edges, np.arange(N_DAYS + 1))
        if one.name in BRIEF_SPAN_DAYS:
            ends[rows] = np.minimum(
                starts[rows] + BRIEF_SPAN_DAYS[one.name], BRIEF_UNTIL_DAY[one.name]
            )
            activity = rng.gamma(1.5, 1.0, size)
        else:
            activity = rng.gamma(6.0, 1.0, size)
        if one.name == "at_risk":
            low, high = AT_RISK_SILENCE_DAYS
            ends[rows] = N_DAYS - low - rng.random(size) * (high - low)
        activity *= ends[rows] - starts[rows]
        extra = activity / activity.mean() * (one.orders - one.fewest)
        n_orders[rows] = one.fewest + whole_numbers(extra, rng.random())
    return Customers(
        number=chunk * chunk_size + 1 + np.arange(n),
        kind=kind,
        starts=starts,
        ends=ends,
        known=known,
        n_orders=n_orders,
        taste=rng.standard_normal(n),
        fussiness=rng.standard_normal(n),
        created=np.zeros(n, dtype=np.int64),
    )


def order_seconds(customers, rows, sequence, kind, hourly, rng):
    """Instants (n,) of the orders of one kind, whole seconds.

    `rows` (n,) names the customer and `sequence` (n,) the order of theirs.
    Customers spread their orders over their own days.
    """
    n = len(rows)
    starts, ends = customers.starts[rows], customers.ends[rows]
    count = customers.n_orders[rows]
    if kind.name in BRIEF_SPAN_DAYS:
        first = np.flatnonzero(sequence == 0)
        second = np.zeros(n)
        second[first] = on_calendar(starts[first], kind, hourly, rng)
        # Repeat orders follow within the span, at the company's busy times.
        edges = company.cumulative(hourly)
        hours = np.arange(len(edges))
        begin = second[first][np.cumsum(sequence == 0) - 1]
        until = np.minimum(
            begin + BRIEF_SPAN_DAYS[kind.name] * DAY, BRIEF_UNTIL_DAY[kind.name] * DAY
        )
        low = np.interp(begin / HOUR, hours, edges)
        high = np.interp(np.maximum(begin, until) / HOUR, hours, edges)
        step = (sequence - 1 + rng.random(n)) / np.maximum(count - 1, 1)
        repeat = np.interp(low + (high - low) * step, edges, hours) * HOUR
        second = np.where(sequence == 0, second, repeat)
    else:
        u = rng.random(n)
        fraction = (sequence + u) / count
        if kind.name == "at_risk":  # the last order ends the customer's days
            last = np.cumsum(count[sequence == 0]) - 1
            person = np.cumsum(sequence == 0) - 1
            fraction = (sequence + u) / (sequence + u)[last][person]
        second = on_calendar(starts + (ends - starts) * fraction, kind, hourly, rng)
    return np.minimum(second.astype(np.int64), END_SECOND - 1)


def on_calendar(day, kind, hourly, rng):
    """Seconds (n,) with the order of `day` (n,) and the kind's calendar.

    The ranks are laid over level, season, weekday, hour and events, one stratum
    each, so that daily counts vary less than independent draws would.
    """
    n = len(day)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(day, kind="stable")] = np.arange(n)
    edges = company.cumulative(company.kind_intensity(kind, hourly))
    strata = (rank + rng.random(n)) / n
    return np.interp(strata, edges, np.arange(len(edges))) * HOUR


def order_values(kind, raw, basket):
    """Paid values (n,) in dollars of one kind, log-normal with the exact mean.

    `raw` (n,) orders the values, `basket` (n,) is a seasonal factor.
    """
    n = len(raw)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(raw, kind="stable")] = np.arange(n)
    value = np.exp(kind.spread * company.normal_quantile((rank + 0.5) / n)) * basket
    return value * (kind.value / value.mean())


def draw_orders(seed, chunk, customers, hourly):
    """Orders of a chunk before incidents, ordered in time.

    Sets `customers.created`, which never lies after the first order.
    """
    rng = company.chunk_rng(seed, chunk, 1)
    owner = np.repeat(np.arange(len(customers.kind)), customers.n_orders)
    first_row = np.cumsum(customers.n_orders) - customers.n_orders
    sequence = np.arange(len(owner)) - first_row[owner]
    kind = customers.kind[owner]
    n = len(owner)
    second = np.zeros(n, dtype=np.int64)
    for code, one in enumerate(KINDS):
        rows = np.flatnonzero(kind == code)
        if len(rows):
            second[rows] = order_seconds(
                customers, owner[rows], sequence[rows], one, hourly, rng
            )

    day = second // DAY
    december = np.isin(day, _december_days())
    category = np.where(
        december,
        pick(np.multiply(CATEGORY_SHARE, CATEGORY_DECEMBER), rng.random(n)),
        pick(CATEGORY_SHARE, rng.random(n)),
    )
    shipping = pick(SHIPPING_SHARE, rng.random(n))
    basket = np.where(december, 1.05, 1.0)
    raw = (
        0.5 * customers.taste[owner]
        + np.array(CATEGORY_VALUE)[category]
        + rng.normal(0.0, 0.75, n)
    )
    value = np.zeros(n)
    for code, one in enumerate(KINDS):
        rows = np.flatnonzero(kind == code)
        if len(rows):
            value[rows] = order_values(one, raw[rows], basket[rows])

    heavy_share = company.heavy_share_by_day()[day]
    some_share = (
        company.SOME_DISCOUNT_ORDINARY_DAY
        * (1 - heavy_share)
        / (1 - company.HEAVY_SHARE_ORDINARY_DAY)
    )
    u = rng.random(n)
    level = rng.random(n)
    heavy = u < heavy_share
    small = ~heavy & (u < heavy_share + some_share)
    discount = np.zeros(n)
    discount[heavy] = np.array(HEAVY_DISCOUNTS)[pick((0.55, 0.30, 0.15), level[heavy])]
    discount[small] = np.array(SMALL_DISCOUNTS)[
        pick((0.20, 0.35, 0.20, 0.17, 0.08), level[small])
    ]

    log_odds = (
        RETURN_INTERCEPT
        + RETURN_HEAVY * heavy
        + np.array(RETURN_CATEGORY)[category]
        + np.array(RETURN_SHIPPING)[shipping]
        + RETURN_CUSTOMER * customers.fussiness[owner]
        + RETURN_VALUE * raw
    )
    u = rng.random(n)
    age_days = (END_SECOND - second) / DAY
    status = np.full(n, COMPLETED, dtype=np.int8)
    status[age_days < 3 + 3 * u] = SHIPPED
    status[age_days < 0.4 + 1.2 * u] = PENDING
    status[rng.random(n) < CANCELLED_SHARE] = CANCELLED
    # A customer's first order is never a guest's: every customer stays visible.
    repeat_share = np.mean(sequence > 0)
    guest = (sequence > 0) & (rng.random(n) * repeat_share < GUEST_SHARE)

    _set_created(customers, owner, sequence, second, rng)
    in_time = np.lexsort((owner, second))
    orders = Orders(
        customer=owner,
        kind=kind,
        sequence=sequence,
        second=second,
        cents=np.rint(value * 100).astype(np.int64),
        discount_cents=np.zeros(n, dtype=np.int64),
        discount_share=discount,
        category=category,
        shipping=shipping,
        status=status,
        guest=guest,
        return_probability=1 / (1 + np.exp(-log_odds)),
    )
    return orders.take(in_time)


def _december_days():
    """Days of both Decembers, as days from START."""
    return np.concatenate(
        [
            np.arange(
                company.day_index(f"{year}-12-01"),
                company.day_index(f"{year}-12-31") + 1,
            )
            for year in (2024, 2025)
        ]
    )


def _set_created(customers, owner, sequence, second, rng):
    """Write `customers.created`: at the first order or up to some weeks before.

    Customers known before the data begin were created in the two years before.
    """
    n = len(customers.kind)
    first = np.zeros(n, dtype=np.int64)
    first[owner[sequence == 0]] = second[sequence == 0]
    ahead = np.where(rng.random(n) < 0.55, 0.0, rng.exponential(12.0, n)) * DAY
    created = first - ahead.astype(np.int64)
    long_ago = -(rng.random(n) ** 1.3 * 730 * DAY).astype(np.int64) - 1
    customers.created[:] = np.where(customers.known, long_ago, created)


def expected_revenue(cents, second, hourly, day):
    """Revenue in cents to expect on `day`, from the four weeks around it.

    The common calendar carries weekday and season; days with events or incidents
    do not count.
    """
    daily = hourly.reshape(N_DAYS, 24).sum(axis=1)
    usual = company.event_effect_by_day() == 1.0
    for incident in company.INCIDENTS:
        usual[incident.first_second // DAY : -(-incident.end_second // DAY)] = False
    near = usual & (np.abs(np.arange(N_DAYS) - day) <= DROP_REFERENCE_DAYS)
    by_day = np.bincount(second // DAY, weights=cents, minlength=N_DAYS)
    return daily[day] * by_day[near].sum() / daily[near].sum()


def apply_drops(seed, chunk, orders, hourly):
    """Thin the orders of the drop days and scale what is left.

    Returns (orders, expected, realised): revenue in cents of every drop day,
    (n_drops,), over all statuses: what the weeks around it let expect, and what
    is left. First orders stay, so no customer disappears.
    """
    rng = company.chunk_rng(seed, chunk, 2)
    keep = np.ones(len(orders.second), dtype=bool)
    cents = orders.cents.copy()
    expected = np.zeros(len(company.DROPS), dtype=np.int64)
    realised = np.zeros(len(company.DROPS), dtype=np.int64)
    for i, drop in enumerate(company.DROPS):
        low, high = np.searchsorted(orders.second, (drop.first_second, drop.end_second))
        rows = np.arange(low, high)
        if not len(rows):
            continue
        expected[i] = expected_revenue(
            orders.cents, orders.second, hourly, drop.first_second // DAY
        )
        if not expected[i]:  # a chunk of a handful of customers
            continue
        target = expected[i] * (1 - drop.magnitude)
        removable = rng.permutation(rows[orders.sequence[rows] > 0])
        lost = np.cumsum(cents[removable])
        keep[removable[lost <= cents[rows].sum() - target]] = False
        left = rows[keep[rows]]
        factor = target / cents[left].sum()
        cents[left] = np.rint(cents[left] * factor).astype(np.int64)
        realised[i] = cents[left].sum()
    orders.cents = cents
    list_price = cents / (1 - orders.discount_share)
    orders.discount_cents = np.rint(list_price * orders.discount_share).astype(np.int64)
    return orders.take(np.flatnonzero(keep)), expected, realised


def draw_returns(seed, chunk, orders):
    """Returns of a chunk; sets the status of fully refunded orders.

    Within heavily discounted orders and within the rest the number of returns
    is the sum of their probabilities (systematic sampling in random order).
    """
    rng = company.chunk_rng(seed, chunk, 3)
    n = len(orders.second)
    returned = np.zeros(n, dtype=bool)
    shipped = orders.status != CANCELLED
    heavy = orders.discount_share >= HEAVY_FROM
    for group in (heavy, ~heavy):
        rows = rng.permutation(np.flatnonzero(group & shipped))
        chosen = whole_numbers(orders.return_probability[rows], rng.random())
        returned[rows[chosen > 0]] = True
    rows = np.flatnonzero(returned)
    days = 3 + 27 * rng.beta(1.6, 2.6, len(rows))
    second = orders.second[rows] + (days * DAY).astype(np.int64)
    # Parcels are booked in during working hours.
    second = (second // DAY) * DAY + ((8 + 10 * rng.random(len(rows))) * HOUR).astype(
        np.int64
    )
    second = np.clip(
        second, orders.second[rows] + 3 * DAY, orders.second[rows] + 30 * DAY
    )
    full = rng.random(len(rows)) < 0.86
    part = 0.3 + 0.6 * rng.random(len(rows))
    refund = np.rint(orders.cents[rows] * np.where(full, 1.0, part))
    cost = np.array(PROCESSING_COST)[orders.category[rows]] * rng.lognormal(
        -0.03, 0.25, len(rows)
    )
    done = second < END_SECOND
    orders.status[rows[done & full]] = REFUNDED
    return Returns(
        order=rows[done],
        second=second[done],
        refund_cents=refund[done].astype(np.int64),
        processing_cents=np.rint(cost[done] * 100).astype(np.int64),
    )
