"""Customer features, labels and cohorts, customer by customer in plain Python.

Written from the definitions in docs and YAML, not from the SQL: each number is counted
out of one customer's own events. Slow on purpose.
"""

import datetime as dt
import itertools
import random
from zoneinfo import ZoneInfo

import pandas as pd

UTC = dt.UTC
FEATURES = (
    "total_orders",
    "orders_last_90_days",
    "orders_last_180_days",
    "orders_last_365_days",
    "total_spend",
    "spend_last_365_days",
    "avg_order_value",
    "days_since_last_order",
    "days_since_first_order",
    "avg_days_between_orders",
    "tenure",
    "return_rate",
    "email_engagement",
)


class CustomerShop:
    """A shop drawn from a seed: orders, customers, returns and e-mails over a year.

    Many events fall on the first and last second of a day, so that dates shift with
    the time zone; orders repeat on one day; some are cancelled, guests order too.
    """

    def __init__(self, seed, customers):
        """Draw `customers` customers."""
        self.random = random.Random(seed)
        self.orders, self.signups, self.returns, self.emails = [], [], [], []
        for number in range(customers):
            self._customer(f"c{number:04d}")
        for number in range(customers // 10):
            self._order(None, self._moment(0, 366), f"g{number}")

    def _moment(self, first, last):
        day = dt.datetime(2024, 3, 1) + dt.timedelta(self.random.randrange(first, last))
        second = self.random.choice([0, 86399, self.random.randrange(86400)])
        return day + dt.timedelta(seconds=second)

    def _order(self, customer, at, number):
        pick = self.random
        order = {
            "order_id": f"o{pick.randrange(10**6)}-{customer}-{number}",
            "customer_id": customer,
            "ordered_at": at,
            "cents": pick.choice([0, 1, 999, int(pick.lognormvariate(8, 1))]),
            "cancelled": pick.random() < 0.1,
        }
        self.orders.append(order)
        if pick.random() < 0.25:
            for _ in range(pick.choice([1, 1, 2])):
                after = dt.timedelta(days=pick.choice([0, 1, 5, 60]))
                self.returns.append((order["order_id"], at + after))

    def _customer(self, customer):
        pick = self.random
        begin = pick.randrange(0, 350)
        if pick.random() < 0.8:
            at = self._moment(max(0, begin - 20), begin + 20)
            self.signups.append((customer, at))
        for number in range(pick.choice([0, 1, 1, 2, 3, 5, 9])):
            self._order(customer, self._moment(begin, 366), number)
            if pick.random() < 0.1:
                again = self.orders[-1]["ordered_at"]
                self._order(customer, again, f"{number}b")
        if pick.random() < 0.7:
            for kind, most in (("sent", 8), ("opened", 5), ("clicked", 3)):
                for _ in range(pick.randrange(most)):
                    self.emails.append((customer, kind, self._moment(begin, 366)))

    def raw(self, until=None, zone="UTC"):
        """Raw tables, of events to the end of the date `until` in `zone` only."""

        def keep(at):
            return until is None or business_date(at, zone) <= until

        known = {o["order_id"] for o in self.orders if keep(o["ordered_at"])}
        orders = [o for o in self.orders if o["order_id"] in known]
        tables = {
            "touchpoints": pd.DataFrame(
                [("t1", "nobody", "email", min(o["ordered_at"] for o in self.orders))],
                columns=["touchpoint_id", "customer_id", "channel", "touched_at"],
            ),
            "orders": pd.DataFrame(
                [
                    {
                        "order_id": order["order_id"],
                        "customer_id": order["customer_id"],
                        "ordered_at": order["ordered_at"],
                        "order_value": f"{order['cents'] / 100:.2f}",
                        "status": "cancelled" if order["cancelled"] else "completed",
                    }
                    for order in orders
                ]
            ),
            "customers": pd.DataFrame(
                [row for row in self.signups if keep(row[1])],
                columns=["customer_id", "created_at"],
            ),
            "returns": pd.DataFrame(
                # Refunds of different size: the same twice would be a duplicate.
                [
                    (*row, number / 100)
                    for number, row in enumerate(self.returns)
                    if keep(row[1])
                ],
                columns=["order_id", "returned_at", "refund_amount"],
            ),
            "email_events": pd.DataFrame(
                [
                    (number, *row)
                    for number, row in enumerate(self.emails)
                    if keep(row[2])
                ],
                columns=["event_id", "customer_id", "event_type", "occurred_at"],
            ),
        }
        return {
            name: frame.astype(str).replace("None", "")
            for name, frame in tables.items()
        }

    def features(self, date, zone="UTC"):
        """Dict customer -> features as of the evening of `date`."""
        orders, seen = {}, {}
        for order in self.orders:
            day = business_date(order["ordered_at"], zone)
            if order["customer_id"] and not order["cancelled"] and day <= date:
                found = (day, order["cents"], order["order_id"])
                orders.setdefault(order["customer_id"], []).append(found)
        for customer, at in self.signups:
            if business_date(at, zone) <= date:
                seen[customer] = business_date(at, zone)
        for customer, found in orders.items():
            first = min(day for day, _, _ in found)
            seen[customer] = min(first, seen.get(customer, first))
        returned = {
            order_id for order_id, at in self.returns if business_date(at, zone) <= date
        }
        result = {}
        for customer, first_seen in seen.items():
            own = sorted(orders.get(customer, []))
            days = [day for day, _, _ in own]
            mails = [
                kind
                for who, kind, at in self.emails
                if who == customer and business_date(at, zone) <= date
            ]
            sent, opened = mails.count("sent"), mails.count("opened")
            cents = [value for _, value, _ in own]
            gaps = [(b - a).days for a, b in itertools.pairwise(days)]
            result[customer] = {
                "total_orders": len(own),
                **{
                    f"orders_last_{n}_days": sum((date - day).days < n for day in days)
                    for n in (90, 180, 365)
                },
                "total_spend": sum(cents) / 100,
                "spend_last_365_days": sum(
                    value for day, value, _ in own if (date - day).days < 365
                )
                / 100,
                "avg_order_value": sum(cents) / 100 / len(own) if own else None,
                "days_since_last_order": (date - days[-1]).days if own else None,
                "days_since_first_order": (date - days[0]).days if own else None,
                "avg_days_between_orders": sum(gaps) / len(gaps) if gaps else None,
                "tenure": (date - first_seen).days,
                "return_rate": (
                    sum(order_id in returned for _, _, order_id in own) / len(own)
                    if own and returned
                    else None
                ),
                "email_engagement": min(1, opened / sent) if sent else None,
            }
        return result

    def ordered_within(self, date, days, zone="UTC"):
        """Customers with an order on one of the `days` days after `date`."""
        return {
            order["customer_id"]
            for order in self.orders
            if order["customer_id"]
            and not order["cancelled"]
            and 1 <= (business_date(order["ordered_at"], zone) - date).days <= days
        }

    def cohorts(self, last, zone="UTC"):
        """Dict (cohort month, months since) -> (customers, active, cents)."""
        months = {}
        for order in self.orders:
            day = business_date(order["ordered_at"], zone)
            if order["customer_id"] and not order["cancelled"] and day <= last:
                found = (day.year * 12 + day.month - 1, order["cents"])
                months.setdefault(order["customer_id"], []).append(found)
        cohorts = {}
        for customer, found in months.items():
            cohorts.setdefault(min(month for month, _ in found), []).append(customer)
        result = {}
        for cohort, members in cohorts.items():
            for month in range(cohort, last.year * 12 + last.month):
                spent = [
                    [cents for at, cents in months[customer] if at == month]
                    for customer in members
                ]
                result[dt.date(cohort // 12, cohort % 12 + 1, 1), month - cohort] = (
                    len(members),
                    sum(bool(one) for one in spent),
                    sum(map(sum, spent)),
                )
        return result


def business_date(at, zone):
    """Date of the UTC moment `at` in `zone`."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
