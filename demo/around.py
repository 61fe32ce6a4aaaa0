"""What surrounds the orders: newsletters, marketing spend, web sessions."""

from datetime import timedelta
from itertools import chain

import numpy as np

from demo import company
from demo.company import CHANNELS, DAY, END_SECOND, HOUR, KINDS, N_DAYS

N_PERIODS = 24  # parts of the two years whose order counts sessions follow

EVENT_TYPES = ("sent", "opened", "clicked", "unsubscribed")
SENT, OPENED, CLICKED, UNSUBSCRIBED = range(4)

SUBSCRIBED_SHARE = 0.72
FIRST_NEWSLETTER_DAY = 8  # a Tuesday; then every second Tuesday
NEWSLETTER_EVERY_DAYS = 14
CLICK_OF_OPENED = 0.10
UNSUBSCRIBE_OF_OPENED = 0.010


def draw_email_events(seed, chunk, customers):
    """Newsletter events of a chunk, ordered in time: (customer, type, second).

    Subscribers get every newsletter after their creation until they unsubscribe.
    """
    rng = company.chunk_rng(seed, chunk, 5)
    n = len(customers.kind)
    rows = np.flatnonzero(rng.random(n) < SUBSCRIBED_SHARE)
    issue = np.arange(FIRST_NEWSLETTER_DAY, N_DAYS, NEWSLETTER_EVERY_DAYS)
    shape = (len(rows), len(issue))
    sent = issue[None, :] * DAY + 9 * HOUR + rng.integers(0, 2 * HOUR, shape)
    # Interest differs between people; its mean over a kind is the kind's rate.
    rate = np.array([kind.open_rate for kind in KINDS])[customers.kind[rows]]
    rate = np.minimum(rate * rng.gamma(6.0, 1 / 6.0, len(rows)), 0.95)
    opened = rng.random(shape) < rate[:, None]
    u = rng.random(shape)
    clicked = opened & (u < CLICK_OF_OPENED)
    leaves = opened & (u > 1 - UNSUBSCRIBE_OF_OPENED)
    open_at = sent + 20 + rng.exponential(5.5 * HOUR, shape).astype(np.int64)
    created = customers.created[rows]
    subscribed = sent >= created[:, None]
    leave_at = np.where(leaves & subscribed, open_at + 40, np.iinfo(np.int64).max)
    left = leave_at.min(axis=1, initial=2**62)
    subscribed &= sent <= left[:, None]

    who, kind_of_event, second = [], [], []
    for code, mask, at in (
        (SENT, subscribed, sent),
        (OPENED, subscribed & opened, open_at),
        (CLICKED, subscribed & clicked, open_at + 25),
        (UNSUBSCRIBED, subscribed & leaves, open_at + 40),
    ):
        person, number = np.nonzero(mask)
        who.append(rows[person])
        second.append(at[person, number])
        kind_of_event.append(np.full(len(person), code, dtype=np.int8))
    who, second = np.concatenate(who), np.concatenate(second)
    kind_of_event = np.concatenate(kind_of_event)
    keep = np.flatnonzero(second < END_SECOND)
    keep = keep[np.lexsort((who[keep], kind_of_event[keep], second[keep]))]
    return who[keep], kind_of_event[keep], second[keep]


def draw_spend(seed, scale):
    """Marketing spend: (day, channel, campaign, cents), one row a campaign a day.

    Each channel's yearly total is exact to the cent.
    """
    rng = company.company_rng(seed, 2)
    weekday = (np.arange(N_DAYS) + company.START.weekday()) % 7
    rhythm = (
        np.array((1.05, 1.03, 1.02, 1.0, 1.0, 0.92, 0.98))[weekday]
        * company.season_by_day() ** 0.15
        * company.event_effect_by_day() ** 0.15
    )
    year = np.array([(company.START + timedelta(days=d)).year for d in range(N_DAYS)])
    days, channels, campaigns, cents = [], [], [], []
    for channel, percent in company.BUDGET_PERCENT.items():
        rows = company.CAMPAIGNS[channel]
        weight = np.array([share for _, share in rows])[None, :] * rhythm[:, None]
        weight = weight * rng.lognormal(0.0, 0.08, weight.shape)
        for one in (2024, 2025):
            inside = np.flatnonzero(year == one)
            total = round(company.YEARLY_BUDGET * scale * percent)
            part = weight[inside] / weight[inside].sum()
            running = np.rint(np.cumsum(part.ravel()) * total).astype(np.int64)
            cents.append(np.diff(running, prepend=0))
            days.append(np.repeat(inside, len(rows)))
            campaigns.append([name for name, _ in rows] * len(inside))
            channels.append([channel] * (len(inside) * len(rows)))
    days, cents = np.concatenate(days), np.concatenate(cents)
    channels = np.array(list(chain.from_iterable(channels)), dtype=object)
    campaigns = np.array(list(chain.from_iterable(campaigns)), dtype=object)
    order = np.argsort(days, kind="stable")
    return days[order], channels[order], campaigns[order], cents[order]


def draw_sessions(seed, hourly, orders_by_period):
    """Web sessions: (hour, channel code, sessions), hours without any left out.

    `orders_by_period` (N_PERIODS,) counts orders in equal parts of the two years;
    within them sessions follow the expected hours. Promotions draw buyers more
    than visitors.
    """
    rng = company.company_rng(seed, 3)
    period_edges = np.linspace(0, len(hourly), N_PERIODS + 1)
    cumulated = np.concatenate(([0.0], np.cumsum(hourly)))
    weight = np.diff(np.interp(period_edges, np.arange(len(cumulated)), cumulated))
    middle = (period_edges[:-1] + period_edges[1:]) / 2
    expected = hourly * np.interp(
        np.arange(len(hourly)), middle, orders_by_period / weight
    )
    visits = expected / np.repeat(company.event_effect_by_day(), 24) ** 0.35
    # Nights are for looking rather than for buying.
    clock = np.tile(np.array(company.HOUR_LEVEL), N_DAYS)
    visits /= clock**0.08
    visits *= company.SESSIONS_PER_ORDER * orders_by_period.sum() / visits.sum()
    share = np.array([company.SESSION_SHARES[name] for name in CHANNELS])
    level = visits[:, None] * share[None, :]
    level = level * rng.lognormal(0.0, 0.05, level.shape)
    sessions = rng.poisson(level)
    lost = company.CHANNEL_CODE[company.TRACKING_LOSS_CHANNEL]
    for loss in company.TRACKING_LOSSES:
        sessions[loss.first_second // HOUR : loss.end_second // HOUR, lost] = 0
    hour, channel = np.nonzero(sessions)
    return hour, channel, sessions[hour, channel]
