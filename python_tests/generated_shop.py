"""Shops drawn from a seed, rich in the cases where attribution goes wrong."""

import datetime as dt
import functools
import random

import pandas as pd
from attribution_oracle import DAY, EPOCH, Oracle, microseconds

HOUR = DAY // 24
START = microseconds(dt.datetime(2024, 1, 25))
SPELLINGS = {
    "google_ads": ["google_ads", "Google Ads", "adwords"],
    "meta": ["meta", "Facebook Ads "],
    "email": ["email", "E-mail", "  EMAIL"],
    "organic": ["organic", "SEO"],
    "influencer": ["influencer"],
    "podcast": ["Podcast", "podcast"],
    "direct": ["direct", "(direct)"],
}
PAID = {"google_ads", "meta", "influencer"}
# Distances from an order to a touch, at and next to the ends of the windows.
EDGES = [
    0,
    -1,
    1,
    1_000_000,
    -1_000_000,
    30 * DAY,
    30 * DAY + 1,
    30 * DAY - 1,
    7 * DAY // 2,
    7 * DAY // 2 + 1,
    7 * DAY // 2 - 1,
]


def text_of(moment):
    """A moment as text, to the microsecond where it has any."""
    return (EPOCH + dt.timedelta(microseconds=moment)).isoformat(sep=" ")


class GeneratedShop:
    """A shop: rows for the oracle, and the same as raw tables."""

    def __init__(self, seed, customers, channels=tuple(SPELLINGS), spends=True):
        """Draw `customers` customers who meet `channels`."""
        self.random = random.Random(seed)
        self.channels = channels
        self.touches, self.orders, self.refunds, self.spends = [], [], [], []
        self.spellings = {}
        self.oracles = {}
        for number in range(customers):
            self._customer(f"c{number}")
        for number in range(customers // 10):
            self._order(f"guest{number}", None, self._moment())
        if spends:
            self._spend()

    def _moment(self):
        """A moment on a grid of six hours, so that many coincide."""
        return START + self.random.randrange(4 * 100) * 6 * HOUR

    def _customer(self, customer):
        pick = self.random
        orders = [self._moment() for _ in range(pick.choice([0, 1, 1, 1, 2, 3]))]
        if orders and pick.random() < 0.15:
            orders.append(orders[0])
        moments = [self._moment() for _ in range(pick.choice([0, 0, 1, 2, 4, 9]))]
        for at in orders:
            for _ in range(pick.choice([0, 0, 1, 2, 5])):
                moments.append(at - pick.randrange(0, 24 * 12) * HOUR)
            if pick.random() < 0.4:
                moments += [at - edge for edge in pick.sample(EDGES, 3)]
        if moments and pick.random() < 0.3:
            moments += [pick.choice(moments)] * 2
        habits = [pick.choice(self.channels) for _ in range(3)]
        for number, at in enumerate(moments):
            self._touch(
                f"{customer}-{pick.randrange(1000)}-{number}",
                customer,
                pick.choice(habits),
                at,
            )
        for number, at in enumerate(orders):
            self._order(f"o{pick.randrange(1000)}-{customer}-{number}", customer, at)

    def _touch(self, touchpoint_id, customer, channel, at):
        self.touches.append(
            {
                "touchpoint_id": touchpoint_id,
                "customer": customer,
                "channel": channel,
                "campaign": self.random.choice([None, None, "spring", "brand"]),
                "is_direct": channel == "direct",
                "at": at,
            }
        )
        self.spellings[touchpoint_id] = self.random.choice(SPELLINGS[channel])

    def _order(self, order_id, customer, at):
        pick = self.random
        cents = pick.choice([0, 1, 999, pick.randrange(100_000)])
        order = {
            "order_id": order_id,
            "customer": customer,
            "at": at,
            "cents": cents,
            "is_cancelled": pick.random() < 0.1,
        }
        self.orders.append(order)
        if pick.random() < 0.2:
            for part in (3, 2):
                self.refunds.append(
                    {
                        "order_id": order_id,
                        "cents": cents // part,
                        "at": at + part * DAY,
                    }
                )

    def _spend(self):
        for month in (1, 2, 3, 4, 5):
            for channel in self.channels:
                for day in self.random.sample(range(1, 29), 3):
                    if self.random.random() < 0.5:
                        self.spends.append(
                            {
                                "date": dt.date(2024, month, day),
                                "channel": channel,
                                "campaign": self.random.choice(
                                    [None, "spring", "brand"]
                                ),
                                "cents": self.random.randrange(50_000),
                            }
                        )

    def raw(self):
        """Raw tables, with a tenth of the touches twice."""
        touches = self.touches + self.touches[::10]
        tables = {
            "touchpoints": [
                {
                    "touchpoint_id": touch["touchpoint_id"],
                    "customer_id": touch["customer"],
                    "channel": self.spellings[touch["touchpoint_id"]],
                    "campaign": touch["campaign"],
                    "touched_at": text_of(touch["at"]),
                }
                for touch in touches
            ],
            "orders": [
                {
                    "order_id": order["order_id"],
                    "customer_id": order["customer"],
                    "ordered_at": text_of(order["at"]),
                    "order_value": f"{order['cents'] / 100:.2f}",
                    "status": "cancelled" if order["is_cancelled"] else "completed",
                }
                for order in self.orders
            ],
            "returns": [
                {
                    "order_id": refund["order_id"],
                    "returned_at": text_of(refund["at"]),
                    "refund_amount": f"{refund['cents'] / 100:.2f}",
                }
                for refund in self.refunds
            ],
            "marketing_spend": [
                {
                    "spend_date": spend["date"].isoformat(),
                    "channel": self.random.choice(SPELLINGS[spend["channel"]]),
                    "campaign": spend["campaign"],
                    "spend": f"{spend['cents'] / 100:.2f}",
                }
                for spend in self.spends
            ],
        }
        return {
            name: pd.DataFrame(rows, dtype=str) for name, rows in tables.items() if rows
        }

    def oracle(self, **settings):
        """The oracle's marts of this shop, made once for each settings."""
        key = repr(sorted(settings.items()))
        if key not in self.oracles:
            self.oracles[key] = Oracle(
                self.touches, self.orders, self.refunds, self.spends, PAID, **settings
            )
        return self.oracles[key]


SHOPS = {
    "many customers": lambda: GeneratedShop(1, 400),
    "one channel": lambda: GeneratedShop(2, 60, channels=("google_ads",)),
    "few customers": lambda: GeneratedShop(3, 6, channels=("email", "meta")),
    "without spend": lambda: GeneratedShop(4, 40, spends=False),
}


@functools.cache
def shop(name):
    """One of the shops, drawn once."""
    return SHOPS[name]()


@functools.cache
def raw(name):
    """Its raw tables, drawn once: spellings are random."""
    return shop(name).raw()
