"""What NovaMart is: kinds of customer, channels, calendar, incidents.

Everything here is a constant or a pure function of the seed; no customer is drawn.
Times are UTC. Inside the generator an instant is a whole number of seconds since
`START`, money is dollars.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import NormalDist

import numpy as np

START = datetime(2024, 1, 1)
END = datetime(2026, 1, 1)
N_DAYS = (END - START).days
N_HOURS = N_DAYS * 24
HOUR = 3600
DAY = 86400
END_SECOND = N_DAYS * DAY

CUSTOMERS_AT_SCALE_1 = 45_000
MAX_CHUNK = 45_000
# Beyond any chunk number, so that company-wide draws never meet a chunk's.
COMPANY_STREAM = 1_000_000


@dataclass(frozen=True)
class Kind:
    """One latent kind of customer.

    `orders` is the mean number of orders in the two years, `fewest` its floor,
    `spread` the sigma of the log-normal order value whose mean is `value` (USD).
    `level` holds (day, relative intensity) knots: when this kind buys; `joins`
    the same for when its customers begin. `known` is the share that already
    bought before the data begin. Kinds that buy once or twice have a single level,
    that of first orders. `idle` is the mean number of journeys of one
    customer that end without an order.
    """

    name: str
    share_percent: int
    value: float
    spread: float
    orders: float
    fewest: int
    level: tuple
    joins: tuple
    known: float
    idle: float
    open_rate: float


KINDS = (
    Kind(
        "vip",
        4,
        285.0,
        0.42,
        22.18,
        8,
        ((0, 1.02), (540, 0.99), (600, 0.95), (650, 0.97), (690, 1.06), (731, 1.08)),
        ((0, 1.0), (480, 1.0)),
        0.70,
        5.5,
        0.42,
    ),
    Kind(
        "loyal",
        18,
        120.0,
        0.45,
        8.05,
        4,
        ((0, 0.99), (500, 0.99), (600, 0.96), (650, 0.98), (690, 1.06), (731, 1.08)),
        ((0, 0.3), (90, 0.5), (366, 0.8), (540, 1.6), (655, 1.6)),
        0.42,
        4.7,
        0.36,
    ),
    Kind(
        "new",
        22,
        85.0,
        0.48,
        1.5,
        1,
        ((505, 0.0), (535, 0.95), (600, 1.12), (665, 1.10), (690, 1.0), (731, 1.02)),
        ((505, 0.0), (535, 0.95), (600, 1.12), (665, 1.10), (690, 1.0), (731, 1.02)),
        0.0,
        2.6,
        0.33,
    ),
    Kind(
        "at_risk",
        15,
        95.0,
        0.46,
        4.1,
        2,
        (
            (0, 0.55),
            (200, 0.85),
            (400, 1.15),
            (540, 1.45),
            (600, 1.70),
            (640, 1.45),
            (671, 0.0),
        ),
        ((0, 0.6), (60, 1.0), (330, 1.0), (430, 0.0)),
        0.36,
        4.7,
        0.25,
    ),
    Kind(
        "dormant",
        41,
        55.0,
        0.48,
        1.3,
        1,
        (
            (0, 0.02),
            (30, 0.15),
            (80, 0.92),
            (366, 1.0),
            (430, 1.2),
            (500, 1.3),
            (545, 0.0),
        ),
        (
            (0, 0.02),
            (30, 0.15),
            (80, 0.92),
            (366, 1.0),
            (430, 1.2),
            (500, 1.3),
            (545, 0.0),
        ),
        0.0,
        5.0,
        0.24,
    ),
)
KIND_NAMES = tuple(kind.name for kind in KINDS)

CHANNELS = (
    "google_ads",
    "meta",
    "email",
    "organic",
    "referral",
    "influencer",
    "direct",
)
CHANNEL_CODE = {name: code for code, name in enumerate(CHANNELS)}
UNMAPPED_CHANNEL = "tiktok"
ALIASES = {
    "Google Ads": "google_ads",
    "adwords": "google_ads",
    " EMAIL ": "email",
    "E-Mail": "email",
    "Facebook Ads": "meta",
}

# Campaign names by channel, with their share of the channel's spend and touches.
# None means that the touch carries no campaign.
CAMPAIGNS = {
    "google_ads": (
        ("brand_search", 0.25),
        ("generic_search", 0.45),
        ("shopping", 0.30),
    ),
    "meta": (("prospecting", 0.65), ("retargeting", 0.35)),
    "email": (("automation", 0.60), ("newsletter", 0.40)),
    "organic": (("seo_content", 1.0),),
    "referral": (("friend_referral", 0.70), ("partner_program", 0.30)),
    "influencer": (("creator_reviews", 0.60), ("creator_codes", 0.40)),
}
ORGANIC_WITHOUT_CAMPAIGN = 0.45

YEARLY_BUDGET = 1_200_000.0
BUDGET_PERCENT = {
    "google_ads": 40,
    "meta": 25,
    "email": 5,
    "organic": 10,
    "referral": 15,
    "influencer": 5,
}

SESSIONS_PER_ORDER = 44.5
SESSION_SHARES = {
    "google_ads": 0.27,
    "meta": 0.17,
    "email": 0.10,
    "organic": 0.27,
    "referral": 0.06,
    "influencer": 0.04,
    "direct": 0.09,
}

# (name, first day, last day, kind, uplift of orders, share of heavy discounts)
EVENTS = (
    ("New Year sale", "2024-01-03", "2024-01-07", "promotion", 1.22, 0.34),
    ("Valentine's days", "2024-02-09", "2024-02-13", "promotion", 1.18, 0.20),
    ("Spring sale", "2024-03-18", "2024-03-24", "promotion", 1.22, 0.32),
    ("Easter Monday", "2024-04-01", "2024-04-01", "holiday", 0.86, None),
    ("Mother's Day week", "2024-05-06", "2024-05-11", "promotion", 1.18, 0.20),
    ("Summer sale", "2024-07-08", "2024-07-16", "promotion", 1.25, 0.36),
    ("Back to school", "2024-08-19", "2024-08-26", "promotion", 1.15, 0.24),
    ("Autumn days", "2024-10-14", "2024-10-18", "promotion", 1.14, 0.28),
    ("Black Friday", "2024-11-29", "2024-11-29", "promotion", 2.10, 0.50),
    ("Cyber weekend", "2024-11-30", "2024-12-02", "promotion", 1.60, 0.44),
    ("Christmas offers", "2024-12-09", "2024-12-18", "promotion", 1.15, 0.24),
    ("Christmas", "2024-12-24", "2024-12-26", "holiday", 0.62, None),
    ("New Year's Day", "2025-01-01", "2025-01-01", "holiday", 0.80, None),
    ("New Year sale", "2025-01-02", "2025-01-06", "promotion", 1.22, 0.34),
    ("Valentine's days", "2025-02-08", "2025-02-12", "promotion", 1.18, 0.20),
    ("Spring sale", "2025-03-17", "2025-03-23", "promotion", 1.22, 0.32),
    ("Easter Monday", "2025-04-21", "2025-04-21", "holiday", 0.86, None),
    ("Mother's Day week", "2025-05-05", "2025-05-10", "promotion", 1.18, 0.20),
    ("Summer sale", "2025-07-07", "2025-07-15", "promotion", 1.25, 0.36),
    ("Back to school", "2025-08-18", "2025-08-25", "promotion", 1.15, 0.24),
    ("Autumn days", "2025-10-13", "2025-10-17", "promotion", 1.14, 0.28),
    ("Black Friday", "2025-11-28", "2025-11-28", "promotion", 2.10, 0.50),
    ("Cyber weekend", "2025-11-29", "2025-12-01", "promotion", 1.60, 0.44),
    ("Christmas offers", "2025-12-08", "2025-12-17", "promotion", 1.15, 0.24),
    ("Christmas", "2025-12-24", "2025-12-26", "holiday", 0.62, None),
)
HEAVY_SHARE_ORDINARY_DAY = 0.10
SOME_DISCOUNT_ORDINARY_DAY = 0.27


@dataclass(frozen=True)
class Incident:
    """One planted incident; `end` is exclusive, `magnitude` a share lost."""

    kind: str
    start: datetime
    end: datetime
    magnitude: float
    affected_metric: str

    @property
    def first_second(self):
        """Seconds from `START` to the first affected second."""
        return int((self.start - START).total_seconds())

    @property
    def end_second(self):
        """Seconds from `START` to the first second no longer affected."""
        return int((self.end - START).total_seconds())


def _drop(day, magnitude):
    """Return a revenue drop that lasts the whole of `day` (ISO text)."""
    start = datetime.fromisoformat(day)
    return Incident(
        "revenue_drop", start, start + timedelta(days=1), magnitude, "revenue"
    )


INCIDENTS = (
    _drop("2024-04-16", 0.180),
    _drop("2024-06-20", 0.165),
    _drop("2024-08-07", 0.190),
    Incident(
        "outage",
        datetime(2024, 9, 10, 13),
        datetime(2024, 9, 10, 16),
        1.0,
        "orders, sessions, touchpoints",
    ),
    _drop("2024-10-05", 0.175),
    _drop("2025-02-26", 0.185),
    Incident(
        "outage",
        datetime(2025, 4, 9, 17),
        datetime(2025, 4, 9, 21),
        1.0,
        "orders, sessions, touchpoints",
    ),
    _drop("2025-05-20", 0.170),
    _drop("2025-06-22", 0.160),
    _drop("2025-09-17", 0.195),
    Incident(
        "tracking_loss",
        datetime(2025, 10, 7, 6),
        datetime(2025, 10, 8, 18),
        1.0,
        "touchpoints of meta, sessions of meta",
    ),
)
DROPS = tuple(i for i in INCIDENTS if i.kind == "revenue_drop")
OUTAGES = tuple(i for i in INCIDENTS if i.kind == "outage")
TRACKING_LOSSES = tuple(i for i in INCIDENTS if i.kind == "tracking_loss")
TRACKING_LOSS_CHANNEL = "meta"

# Relative order intensity. Months are levels at mid-month, joined by lines.
MONTH_LEVEL = (
    0.93,
    0.92,
    0.95,
    0.97,
    0.98,
    0.95,
    0.93,
    0.92,
    0.97,
    1.02,
    1.20,
    1.25,
)
WEEKDAY_LEVEL = (1.07, 1.01, 0.98, 0.98, 0.99, 0.90, 1.07)  # Monday first
HOUR_LEVEL = (
    0.30,
    0.18,
    0.12,
    0.09,
    0.09,
    0.14,
    0.30,
    0.55,
    0.82,
    1.05,
    1.22,
    1.30,
    1.38,
    1.32,
    1.22,
    1.18,
    1.18,
    1.28,
    1.48,
    1.72,
    1.85,
    1.66,
    1.15,
    0.62,
)
DAY_NOISE = 0.022  # sigma of a day's own log level, shared by all customers

_GRID = np.linspace(0.0, 1.0, 20_001)[1:-1]
_NORMAL_GRID = np.array([NormalDist().inv_cdf(p) for p in _GRID])


def normal_quantile(p):
    """Standard normal quantiles of `p` (n,), by a table of 19,999 points."""
    return np.interp(p, _GRID, _NORMAL_GRID)


def day_index(day):
    """Days from `START` to `day` (ISO text or date)."""
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return (day - START.date()).days


def chunk_rng(seed, chunk, stream=None):
    """Return the random generator of a chunk; stream None draws its customers."""
    return np.random.default_rng(
        [seed, chunk] if stream is None else [seed, chunk, stream]
    )


def company_rng(seed, stream):
    """Return the random generator of a company-wide table."""
    return np.random.default_rng([seed, COMPANY_STREAM, stream])


def season_by_day():
    """Yearly season (n_days,), 1 on an average day."""
    mid, level = [], []
    for year in (2023, 2024, 2025, 2026):
        for month in range(1, 13):
            mid.append(day_index(date(year, month, 16)))
            level.append(MONTH_LEVEL[month - 1])
    return np.interp(np.arange(N_DAYS), mid, level)


def event_effect_by_day():
    """Uplift of orders (n_days,) by promotions and holidays, 1 without one."""
    effect = np.ones(N_DAYS)
    for _, first, last, _, uplift, _ in EVENTS:
        effect[day_index(first) : day_index(last) + 1] *= uplift
    return effect


def heavy_share_by_day():
    """Probability (n_days,) that an order of the day is heavily discounted."""
    share = np.full(N_DAYS, HEAVY_SHARE_ORDINARY_DAY)
    for _, first, last, _, _, heavy in EVENTS:
        if heavy is not None:
            share[day_index(first) : day_index(last) + 1] = heavy
    return share


def common_intensity(seed):
    """Relative order intensity of every hour (n_hours,), the same for all kinds.

    Season, weekday, hour, events and a small level of each day's own; zero
    during outages. Drop days carry no noise of their own, so that their planted
    magnitude is what one sees.
    """
    days = np.arange(N_DAYS)
    weekday = (days + START.weekday()) % 7
    noise = company_rng(seed, 1).normal(0.0, DAY_NOISE, N_DAYS)
    for drop in DROPS:
        noise[drop.first_second // DAY] = 0.0
    daily = (
        season_by_day()
        * np.array(WEEKDAY_LEVEL)[weekday]
        * event_effect_by_day()
        * np.exp(noise)
    )
    hourly = (daily[:, None] * np.array(HOUR_LEVEL)[None, :]).ravel()
    for outage in OUTAGES:
        hourly[outage.first_second // HOUR : outage.end_second // HOUR] = 0.0
    return hourly


def by_day(knots):
    """Level (n_days,) through (day, level) `knots`, zero outside them."""
    at, level = zip(*knots, strict=True)
    return np.interp(np.arange(N_DAYS) + 0.5, at, level, left=0.0, right=0.0)


def kind_intensity(kind, hourly):
    """Share of the kind's orders that falls into each hour (n_hours,), sums to 1."""
    weight = np.repeat(by_day(kind.level), 24) * hourly
    return weight / weight.sum()


def cumulative(weight):
    """Cumulative distribution over the edges of cells: (n,) to (n + 1,)."""
    total = np.concatenate(([0.0], np.cumsum(weight)))
    return total / total[-1]


def exact_kind_counts(n_customers):
    """Split `n_customers` over the kinds by largest remainder."""
    quota = [n_customers * kind.share_percent for kind in KINDS]
    counts = [q // 100 for q in quota]
    by_remainder = sorted(range(len(KINDS)), key=lambda i: (-(quota[i] % 100), i))
    for i in by_remainder[: n_customers - sum(counts)]:
        counts[i] += 1
    return counts
