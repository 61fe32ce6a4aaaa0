"""Touches of one chunk: journeys that end in an order, and as many that do not.

A converting journey has one to eight touches before its order. Its first, middle
and last touches follow different channel mixes: search and creators open, e-mail
and paid search close. The mixes are set so that, among 30-day paths that count
all touches of the customer, organic holds 32 % of first touches, google_ads 42 %
and email 25 % of last touches.
"""

from dataclasses import dataclass

import numpy as np

from demo import company
from demo.buying import pick, whole_numbers
from demo.company import (
    CAMPAIGNS,
    CHANNEL_CODE,
    CHANNELS,
    DAY,
    END_SECOND,
    HOUR,
    KINDS,
    N_DAYS,
)

NO_JOURNEY = 0.026  # share of orders without a journey of their own
LENGTH_SHARES = (0.27, 0.25, 0.19, 0.12, 0.08, 0.05, 0.03, 0.01)
IDLE_LENGTH_SHARES = (0.36, 0.26, 0.17, 0.10, 0.06, 0.03, 0.02)

SINGLE, OPENING, MIDDLE, CLOSING, IDLE = range(5)
# Channel weights by role, in the order of company.CHANNELS:
# google_ads, meta, email, organic, referral, influencer, direct.
ROLE_MIX = np.array(
    [
        (0.376, 0.059, 0.145, 0.227, 0.065, 0.020, 0.108),  # the only touch
        (0.135, 0.226, 0.023, 0.420, 0.067, 0.104, 0.025),  # opens
        (0.220, 0.180, 0.180, 0.200, 0.140, 0.050, 0.030),  # in between
        (0.456, 0.032, 0.300, 0.082, 0.049, 0.009, 0.072),  # closes
        (0.225, 0.275, 0.062, 0.255, 0.061, 0.092, 0.030),  # leads to no order
    ]
)
# Factors on the mix, by kind and for a customer's first order.
KIND_TILT = np.array(
    [
        (0.95, 0.70, 1.30, 1.00, 1.30, 0.80, 1.30),  # vip
        (1.00, 0.90, 1.15, 1.00, 1.10, 0.90, 1.10),  # loyal
        (1.00, 1.35, 0.80, 1.00, 1.10, 1.60, 0.80),  # new
        (1.05, 1.00, 1.00, 0.95, 0.90, 1.00, 1.00),  # at_risk
        (1.10, 1.20, 0.85, 1.00, 0.80, 1.20, 0.80),  # dormant
    ]
)
FIRST_ORDER_TILT = np.array((1.00, 1.20, 0.70, 1.08, 1.05, 1.40, 0.75))

PROSPECT_DAYS = 120  # idle journeys begin this long before the first order
BEFORE_START_DAYS = 365
INTEREST_FADES = 1.6  # above 1: idle journeys come early in a customer's life
AFTER_END_DAYS = 30  # journeys that end after the data, seen while under way
TIKTOK_SHARE = 0.0016  # of middle touches
ALIAS_SHARE = 0.0010


@dataclass
class Touches:
    """Touches of one chunk, ordered in time; every array is (n_touches,).

    `channel` indexes NAMES (spellings as exported), `campaign` indexes
    CAMPAIGN_NAMES, -1 for none.
    """

    customer: np.ndarray
    second: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray


ALIAS_NAMES = tuple(company.ALIASES)
NAMES = CHANNELS + ALIAS_NAMES + (company.UNMAPPED_CHANNEL,)
UNMAPPED_CODE = len(NAMES) - 1
CAMPAIGN_NAMES = tuple(name for rows in CAMPAIGNS.values() for name, _ in rows)
CAMPAIGN_CODE = {name: code for code, name in enumerate(CAMPAIGN_NAMES)}


def mixes():
    """Cumulative channel mix (role, kind, first order, channel)."""
    tilt = np.stack([KIND_TILT, KIND_TILT * FIRST_ORDER_TILT], axis=1)
    mix = ROLE_MIX[:, None, None, :] * tilt[None, :, :, :]
    mix = np.cumsum(mix, axis=-1)
    return mix / mix[..., -1:]


def draw_touches(seed, chunk, customers, orders, hourly, clicks):
    """All touches of a chunk, ordered in time.

    `clicks` is (customer, second) of newsletter clicks, which are touches too.
    """
    rng = company.chunk_rng(seed, chunk, 4)
    hour_edges = company.cumulative(np.array(company.HOUR_LEVEL))

    own = np.flatnonzero(rng.random(len(orders.second)) >= NO_JOURNEY)
    length = 1 + pick(LENGTH_SHARES, rng.random(len(own)))
    # A first order takes a longer look around.
    longer = (orders.sequence[own] == 0) & (rng.random(len(own)) < 0.35)
    length = np.minimum(length + longer, len(LENGTH_SHARES))
    bought = _journey_touches(
        orders.customer[own], orders.second[own], length, True, hour_edges, rng
    )
    first_order = orders.sequence[own][bought["journey"]] == 0

    who, end = _idle_ends(customers, orders, hourly, rng)
    length = 1 + pick(IDLE_LENGTH_SHARES, rng.random(len(who)))
    idle = _journey_touches(who, end, length, False, hour_edges, rng)

    customer = np.concatenate([bought["customer"], idle["customer"]])
    second = np.concatenate([bought["second"], idle["second"]])
    role = np.concatenate([bought["role"], idle["role"]])
    first_order = np.concatenate([first_order, np.zeros(len(idle["role"]), bool)])

    edges = mixes()[role, customers.kind[customer], first_order.astype(np.int64)]
    channel = (rng.random(len(role))[:, None] >= edges[:, :-1]).sum(axis=1)
    campaign = _campaigns(channel, rng)
    unmapped = (role == MIDDLE) & (rng.random(len(role)) < TIKTOK_SHARE)
    channel[unmapped], campaign[unmapped] = UNMAPPED_CODE, -1

    n_clicks = len(clicks[0])
    newsletter = CAMPAIGN_CODE["newsletter"]
    customer = np.concatenate([customer, clicks[0]])
    second = np.concatenate([second, clicks[1]])
    channel = np.concatenate([channel, np.full(n_clicks, CHANNEL_CODE["email"])])
    campaign = np.concatenate([campaign, np.full(n_clicks, newsletter)])

    keep = (second >= 0) & (second < END_SECOND)
    for outage in company.OUTAGES:
        keep &= (second < outage.first_second) | (second >= outage.end_second)
    lost = CHANNEL_CODE[company.TRACKING_LOSS_CHANNEL]
    for loss in company.TRACKING_LOSSES:
        keep &= (
            (channel != lost)
            | (second < loss.first_second)
            | (second >= loss.end_second)
        )
    rows = np.flatnonzero(keep)
    rows = rows[np.lexsort((customer[rows], second[rows]))]
    channel = channel[rows]
    for code, alias in enumerate(ALIAS_NAMES, start=len(CHANNELS)):
        true = CHANNEL_CODE[company.ALIASES[alias]]
        same = np.flatnonzero(channel == true)
        size = max(1, round(ALIAS_SHARE / len(ALIAS_NAMES) * len(channel)))
        if len(same):
            size = min(size, len(same))
            channel[rng.choice(same, size, replace=False)] = code
    return Touches(
        customer=customer[rows],
        second=second[rows],
        channel=channel.astype(np.int8),
        campaign=campaign[rows].astype(np.int8),
    )


def _journey_touches(who, end, length, converting, hour_edges, rng):
    """Touches of journeys of `who` (n,) that end at `end` with `length` touches.

    The last touch comes minutes to days before the end, each earlier one some
    days before the next; touches on earlier days take a waking hour.
    """
    n_journeys, n = len(who), int(length.sum())
    journey = np.repeat(np.arange(n_journeys), length)
    first_row = np.cumsum(length) - length
    position = np.arange(n) - first_row[journey]  # 0 is the nearest to the end
    if converting:
        quick = rng.random(n_journeys) < 0.66
        nearest = np.where(
            quick,
            rng.exponential(0.4 * HOUR, n_journeys),
            rng.exponential(1.3 * DAY, n_journeys),
        )
    else:
        nearest = np.zeros(n_journeys)
    gap = rng.gamma(0.9, 4.0 * DAY, n)
    gap[first_row] = nearest + converting
    total = np.cumsum(gap)
    age = total - (total[first_row] - gap[first_row])[journey]
    second = end[journey] - age.astype(np.int64)
    day = second // DAY
    clock = (np.interp(rng.random(n), hour_edges, np.arange(25)) * HOUR).astype(
        np.int64
    )
    earlier_day = day < (end // DAY)[journey]
    second = np.where(earlier_day, day * DAY + clock, second)

    order = np.lexsort((second, journey))
    second = second[order]
    rank = position  # journeys stay contiguous, so ranks count up within each
    last = length[journey] - 1
    if converting:
        role = np.full(n, MIDDLE)
        role[rank == 0] = OPENING
        role[rank == last] = CLOSING
        role[last == 0] = SINGLE
    else:
        role = np.full(n, IDLE)
    return {
        "journey": journey,
        "customer": who[journey],
        "second": second,
        "role": role,
    }


def _idle_ends(customers, orders, hourly, rng):
    """Customers and last instants of journeys that end without an order.

    They run on after the end of the data, there also in place of the journeys
    whose orders the data do not hold yet, so that touches do not thin out.
    """
    mean = np.array([kind.idle for kind in KINDS])[customers.kind]
    number = whole_numbers(mean * rng.gamma(2.0, 0.5, len(mean)), rng.random())
    who = np.repeat(np.arange(len(mean)), number)
    first = np.full(len(mean), END_SECOND, dtype=np.int64)
    np.minimum.at(first, orders.customer, orders.second)
    begins = np.where(
        customers.known,
        -BEFORE_START_DAYS * rng.random(len(mean)),
        np.maximum(first / DAY - PROSPECT_DAYS, -BEFORE_START_DAYS),
    )
    daily = hourly.reshape(N_DAYS, 24).sum(axis=1)
    before = np.full(BEFORE_START_DAYS, daily[:60].mean())
    after = np.full(AFTER_END_DAYS, daily[-60:].mean()) * 2
    edges = np.concatenate(([0.0], np.cumsum(np.concatenate([before, daily, after]))))
    days = np.arange(len(edges)) - BEFORE_START_DAYS
    low = np.interp(begins[who], days, edges)
    at = low + rng.random(len(who)) ** INTEREST_FADES * (edges[-1] - low)
    day = np.floor(np.interp(at, edges, days)).astype(np.int64)
    hour_edges = company.cumulative(np.array(company.HOUR_LEVEL))
    clock = np.interp(rng.random(len(who)), hour_edges, np.arange(25)) * HOUR
    return who, day * DAY + clock.astype(np.int64)


def _campaigns(channel, rng):
    """Campaign codes (n,) of touches by channel, -1 for none."""
    campaign = np.full(len(channel), -1, dtype=np.int64)
    u = rng.random(len(channel))
    for name, rows in CAMPAIGNS.items():
        same = np.flatnonzero(channel == CHANNEL_CODE[name])
        codes = np.array([CAMPAIGN_CODE[campaign_name] for campaign_name, _ in rows])
        campaign[same] = codes[pick([share for _, share in rows], u[same])]
    plain = (channel == CHANNEL_CODE["organic"]) & (
        rng.random(len(channel)) < company.ORGANIC_WITHOUT_CAMPAIGN
    )
    campaign[plain] = -1
    return campaign
