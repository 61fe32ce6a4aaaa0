"""What the attribution marts must hold, computed the slow and plain way.

Written from the definitions of the numbers, with lists and loops over single touches,
so that it shares no idea with the SQL it judges. Moments are whole microseconds.
"""

import datetime as dt
import hashlib
import math
from collections import defaultdict
from zoneinfo import ZoneInfo

from data_driven_oracle import DATA_DRIVEN, fitted_shares, journeys_of

DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1)
NORMAL_975 = 1.959963984540054
DEFAULTS = {
    "lookback_days": 30,
    "half_life_days": 7,
    "path_policy": "independent",
    "collapse_repeats": False,
    "exclude_direct": False,
    "conversion_scope": "all_orders",
    "conversion_value": "gross",
    "position_weights": {"first": 0.4, "middle": 0.2, "last": 0.4},
    "markov_order": 1,
    "shapley_value_function": "subset_rate",
    "reallocation_step": 0.5,
    "business_timezone": "UTC",
}


def microseconds(moment):
    """Whole microseconds since 1970 of a datetime (UTC, naive)."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def group_of(key):
    """Group 0 to 49 of a customer, or of a guest's order."""
    return int(hashlib.md5(key.encode()).hexdigest()[:7], 16) % 50


def bounds_of(value, error):
    """Ends of the 95 % interval about `value`; None where there is none."""
    if value is None or error is None:
        return (None, None)
    return (value - NORMAL_975 * error, value + NORMAL_975 * error)


def ratio(above, below):
    """A quotient, None where the denominator is 0 or one side is unknown."""
    if above is None or below is None or below == 0:
        return None
    return above / below


def part(one, total):
    """A share of a total, None where there is none to share out (0 or less)."""
    return None if total is None or total <= 1e-9 else ratio(one, total)


class Oracle:
    """Marts of a shop under given settings.

    Arguments, each a list of dicts:
        touches: touchpoint_id, customer, channel, campaign (or None), is_direct, at.
        orders: order_id, customer (None for a guest), at, cents, is_cancelled.
        refunds: order_id, cents.
        spends: date, channel, campaign (or None), cents.
        paid_channels: channels that are bought as a rule.
    """

    def __init__(self, touches, orders, refunds, spends, paid_channels, **settings):
        """Compute credits; the marts are methods."""
        self.settings = DEFAULTS | settings
        self.spends = spends
        self.paid_channels = paid_channels
        self.zone = ZoneInfo(self.settings["business_timezone"])
        by_customer = defaultdict(list)
        for touch in touches:
            by_customer[touch["customer"]].append(touch)
        self.rows = []
        of_customer = defaultdict(list)
        for conversion in self._conversions(orders, refunds):
            path = self._path(conversion, by_customer[conversion["customer"]])
            self.rows += self._credits(conversion, path)
            of_customer[conversion["customer"]].append(conversion)
        self.groups = sorted({row["group"] for row in self.rows})
        self.journeys = [
            journey
            for customer, own in by_customer.items()
            if customer is not None
            for journey in journeys_of(
                customer, group_of(customer), own, of_customer[customer], self.settings
            )
        ]
        self.shares = {
            model: fitted_shares(model, self.journeys, self.settings)
            for model in DATA_DRIVEN
        }
        self._left_out = {}

    def month(self, moment):
        """First day of the business month of a moment."""
        at = (EPOCH + dt.timedelta(microseconds=moment)).replace(tzinfo=dt.UTC)
        return at.astimezone(self.zone).date().replace(day=1)

    def _conversions(self, orders, refunds):
        """Orders that count, with value and the previous conversion's moment."""
        refunded = defaultdict(int)
        for refund in refunds:
            refunded[refund["order_id"]] += refund["cents"]
        counted = sorted(
            (order for order in orders if not order["is_cancelled"]),
            key=lambda order: (order["at"], order["order_id"]),
        )
        previous = {}
        for order in counted:
            customer = order["customer"]
            seen = customer is not None and customer in previous
            if self.settings["conversion_scope"] == "first_orders" and seen:
                continue
            cents = order["cents"]
            if self.settings["conversion_value"] == "net":
                cents -= refunded[order["order_id"]]
            key = order["order_id"] if customer is None else customer
            yield {
                **order,
                "value": cents / 100,
                "previous": previous.get(customer) if seen else None,
                "group": group_of(key),
            }
            if customer is not None:
                previous[customer] = order["at"]

    def _path(self, conversion, touches):
        """Touches of the conversion's customer that it can thank, in order."""
        if conversion["customer"] is None:
            return []
        at, lookback = conversion["at"], self.settings["lookback_days"]
        path = []
        for touch in touches:
            if touch["at"] > at:
                continue
            if lookback is not None and at - touch["at"] > round(lookback * DAY):
                continue
            if (
                self.settings["path_policy"] == "since_previous_conversion"
                and conversion["previous"] is not None
                and touch["at"] <= conversion["previous"]
            ):
                continue
            path.append(touch)
        path.sort(key=lambda touch: (touch["at"], touch["touchpoint_id"]))
        if self.settings["exclude_direct"]:
            path = [touch for touch in path if not touch["is_direct"]] or path
        if self.settings["collapse_repeats"]:
            path = [
                touch
                for before, touch in zip([None, *path], path, strict=False)
                if before is None or before["channel"] != touch["channel"]
            ]
        return path

    def _credits(self, conversion, path):
        """One dict a touch, or one for the conversion without a touch."""
        common = {
            "conversion": conversion["order_id"],
            "group": conversion["group"],
            "value": conversion["value"],
            "conversion_month": self.month(conversion["at"]),
            "length": len(path),
        }
        if not path:
            yield common | {
                "touchpoint": "unattributed",
                "channel": "unattributed",
                "campaign": None,
                "position": None,
                "age": None,
                "touch_month": common["conversion_month"],
                "credits": dict.fromkeys(CREDITS, 1.0),
            }
            return
        ages = [(conversion["at"] - touch["at"]) / DAY for touch in path]
        shares = {
            model: split(path, ages, self.settings) for model, split in CREDITS.items()
        }
        for place, touch in enumerate(path):
            yield common | {
                "touchpoint": touch["touchpoint_id"],
                "channel": touch["channel"],
                "campaign": touch["campaign"],
                "position": place + 1,
                "age": ages[place],
                "touch_month": self.month(touch["at"]),
                "credits": {model: shares[model][place] for model in CREDITS},
            }

    # --- marts: key -> tuple of values ------------------------------------------

    def touchpoint_credits(self):
        """Position, length, age, value and the six credits."""
        return {
            (row["conversion"], row["touchpoint"]): (
                row["channel"],
                row["position"],
                row["length"],
                row["age"],
                row["value"],
                *row["credits"].values(),
            )
            for row in self.rows
        }

    def _summed(self, *key):
        """Credit and revenue by the key's columns and the model."""
        sums = defaultdict(lambda: [[], []])
        for row in self.rows:
            for model, credit in row["credits"].items():
                one = sums[(*(row[name] for name in key), model)]
                one[0].append(credit)
                one[1].append(credit * row["value"])
        return {key: tuple(map(math.fsum, both)) for key, both in sums.items()}

    def _by_conversion_month(self):
        """Conversions and revenue by conversion month, channel and model.

        A data-driven model has one share a channel, which applies to the month's
        conversions with a touch; without shares everything stays unattributed.
        """
        sums = self._summed("conversion_month", "channel")
        linear = {key: both for key, both in sums.items() if key[-1] == "linear"}
        touched = self._totals(
            {k: v for k, v in linear.items() if k[1] != "unattributed"},
            lambda key: key[0],
        )
        alone = {k[0]: v for k, v in linear.items() if k[1] == "unattributed"}
        for model, shares in self.shares.items():
            if not self.journeys:
                continue
            if shares is None:
                for month in {*touched, *alone}:
                    sums[month, "unattributed", model] = tuple(
                        one + other
                        for one, other in zip(
                            touched.get(month, (0, 0)),
                            alone.get(month, (0, 0)),
                            strict=True,
                        )
                    )
                continue
            for month, both in alone.items():
                sums[month, "unattributed", model] = both
            for month, both in touched.items():
                for channel, share in shares.items():
                    sums[month, channel, model] = tuple(
                        one * part for one, part in zip(both, share, strict=True)
                    )
        return sums

    def _by_touch_month(self, by_campaign):
        """Conversions and revenue by touch month, channel(, campaign) and model.

        A data-driven model's total of a channel is spread like the channel's linear
        credits, or like all of them where it has none.
        """
        names = ("touch_month", "channel", *(("campaign",) if by_campaign else ()))
        sums = self._summed(*names)
        linear = {key[:-1]: both for key, both in sums.items() if key[-1] == "linear"}
        everything = self._totals(
            {k: v for k, v in linear.items() if k[1] != "unattributed"},
            lambda key: key[0],
        )
        totals = self._totals(self._by_conversion_month(), lambda key: key[1:])
        for (channel, model), total in totals.items():
            if model not in DATA_DRIVEN:
                continue
            pattern = {key: both for key, both in linear.items() if key[1] == channel}
            if not pattern:
                rest = (None,) if by_campaign else ()
                pattern = {
                    (month, channel, *rest): both for month, both in everything.items()
                }
            whole = tuple(map(math.fsum, zip(*pattern.values(), strict=True)))
            for key, both in pattern.items():
                by_number = both[0] / whole[0]
                is_pattern = all(revenue >= 0 for _, revenue in pattern.values())
                is_pattern = is_pattern and whole[1] > 1e-9
                by_revenue = both[1] / whole[1] if is_pattern else by_number
                sums[(*key, model)] = (total[0] * by_number, total[1] * by_revenue)
        return sums

    def channel_attribution(self):
        """Conversions, revenue and shares by conversion month, channel, model."""
        sums = self._by_conversion_month()
        totals = self._totals(sums, lambda key: (key[0], key[-1]))
        return {
            key: (
                *both,
                part(both[0], totals[key[0], key[-1]][0]),
                part(both[1], totals[key[0], key[-1]][1]),
            )
            for key, both in sums.items()
        }

    def _totals(self, sums, of):
        """Sums of every column of `sums` over the keys alike under `of`."""
        columns = defaultdict(list)
        for key, values in sums.items():
            columns[of(key)].append(values)
        return {
            key: tuple(map(math.fsum, zip(*values, strict=True)))
            for key, values in columns.items()
        }

    def _performance(self, by_campaign):
        """Credit and spend of a touch month with their ratios.

        Sums are taken to 15 decimals: less credit than that is none.
        """

        def name(row):
            return (row["campaign"] or "(not set)",) if by_campaign else ()

        sums = defaultdict(lambda: [0.0, 0.0, 0.0])
        for key, both in self._by_touch_month(by_campaign).items():
            if by_campaign:
                key = (*key[:2], key[2] or "(not set)", key[3])
            sums[key][0] += both[0]
            sums[key][1] += both[1]
        for spend in self.spends:
            for model in self.models():
                key = (
                    spend["date"].replace(day=1),
                    spend["channel"],
                    *name(spend),
                    model,
                )
                sums[key][2] += spend["cents"] / 100
        sums = {
            key: [round(number, 15) for number in numbers]
            for key, numbers in sums.items()
        }
        totals = self._totals(sums, lambda key: (key[0], key[-1]))
        return {
            key: (
                conversions,
                revenue,
                spend,
                ratio(revenue, spend),
                ratio(spend, conversions),
                part(conversions, totals[key[0], key[-1]][0]),
                ratio(spend, totals[key[0], key[-1]][2]),
            )
            for key, (conversions, revenue, spend) in sums.items()
        }

    def channel_performance(self):
        """Conversions, revenue, spend, ROAS, CPA and shares by touch month."""
        return self._performance(by_campaign=False)

    def campaign_performance(self):
        """The same by campaign."""
        return self._performance(by_campaign=True)

    def _channels(self):
        """Every channel with its spend over the whole period."""
        spend = dict.fromkeys((key[1] for key in self._by_conversion_month()), 0)
        for row in self.spends:
            spend[row["channel"]] = spend.get(row["channel"], 0) + row["cents"]
        return {channel: cents / 100 for channel, cents in spend.items()}

    def models(self):
        """Models that have rows: data-driven ones need a journey."""
        return (*CREDITS, *(DATA_DRIVEN if self.journeys else ()))

    def _conversions_without(self, model, group):
        """Conversions by channel without a group's customers (None: with everyone)."""
        credit = defaultdict(list)
        for row in self.rows:
            if row["group"] != group:
                part = row["credits"]["linear" if model in DATA_DRIVEN else model]
                credit[row["channel"]].append(part)
        credit = {channel: math.fsum(parts) for channel, parts in credit.items()}
        if model not in DATA_DRIVEN:
            return credit
        if group is None:
            shares = self.shares[model]
        elif any(journey.group == group for journey in self.journeys):
            shares = fitted_shares(
                model,
                [journey for journey in self.journeys if journey.group != group],
                self.settings,
            )
        else:
            shares = self.shares[model]
        alone = credit.pop("unattributed", 0.0)
        touched = math.fsum(credit.values())
        if shares is None:
            return {"unattributed": alone + touched}
        result = {channel: touched * share[0] for channel, share in shares.items()}
        return result | {"unattributed": alone}

    def _fits(self, model):
        """Conversions with everyone, and without each group that matters."""
        if model not in self._left_out:
            groups = set(self.groups)
            if model in DATA_DRIVEN:
                groups |= {journey.group for journey in self.journeys}
            self._left_out[model] = [
                self._conversions_without(model, group)
                for group in [None, *sorted(groups)]
            ]
        return self._left_out[model]

    def _jackknife(self, model, channels):
        """Share of each of `channels` in their credit, and its standard error."""

        def shares(conversions):
            kept = {channel: conversions.get(channel, 0.0) for channel in channels}
            total = math.fsum(kept.values())
            return {channel: part(kept[channel], total) for channel in channels}

        whole, *deleted = map(shares, self._fits(model))
        result = {}
        for channel, share in whole.items():
            thetas = [one[channel] for one in deleted]
            error, n = None, len(thetas)
            if n > 1 and None not in thetas:
                mean = math.fsum(thetas) / n
                squares = math.fsum((theta - mean) ** 2 for theta in thetas)
                error = math.sqrt((n - 1) / n * squares)
            result[channel] = (share, error)
        return result

    def attribution_comparison(self):
        """Totals, shares with errors, and shares of the budget, by channel, model."""
        totals = self._totals(self._by_conversion_month(), lambda key: key[1:])
        spend = self._channels()
        budget = math.fsum(spend.values())
        earning = [channel for channel in spend if channel != "unattributed"]
        result = {}
        for model in self.models():
            of_all = self._jackknife(model, list(spend))
            of_attributed = self._jackknife(model, earning)
            revenue = math.fsum(
                totals.get((channel, model), (0.0, 0.0))[1] for channel in spend
            )
            for channel in spend:
                share, error = of_all[channel]
                bounds = bounds_of(share, error)
                attributed_share = budget_share = gap = None
                gap_bounds = (None, None)
                if channel in of_attributed:
                    budget_share = ratio(spend[channel], budget)
                    attributed_share, gap_error = of_attributed[channel]
                    if None not in (budget_share, attributed_share):
                        gap = attributed_share - budget_share
                        gap_bounds = bounds_of(gap, gap_error)
                credited = totals.get((channel, model), (0.0, 0.0))
                result[channel, model] = (
                    *credited,
                    share,
                    error,
                    *bounds,
                    part(credited[1], revenue),
                    attributed_share,
                    budget_share,
                    gap,
                    *gap_bounds,
                )
        return result

    def budget_recommendations(self):
        """Spend now and proposed, action, shares and gap, by fundable channel, model.

        Credit and budget are shares among the channels that money can buy. A gap
        beyond doubt (its 95 % interval excludes 0) is wished away; what can be given
        is limited by what is given up, and the reverse; a step of that is moved.
        """
        spend = {
            channel: amount
            for channel, amount in self._channels().items()
            if channel in self.paid_channels or amount > 0
        }
        budget = math.fsum(spend.values())
        result = {}
        for model in self.models():
            wishes, gaps = {}, {}
            for channel, (share, error) in self._jackknife(model, list(spend)).items():
                budget_share = ratio(spend[channel], budget)
                wishes[channel] = 0.0
                known = None not in (share, budget_share)
                gap = share - budget_share if known else None
                gaps[channel] = (share, budget_share, gap, *bounds_of(gap, error))
                if None in (share, error, budget_share):
                    continue
                if abs(gap) > NORMAL_975 * error:
                    # No more can be given up than there is.
                    wishes[channel] = max(gap * budget, -spend[channel])
            wanted = math.fsum(wish for wish in wishes.values() if wish > 0)
            given_up = -math.fsum(wish for wish in wishes.values() if wish < 0)
            movable = min(wanted, given_up)
            for channel, wish in wishes.items():
                side = wanted if wish > 0 else given_up
                change = 0.0
                if wish and side:
                    step = self.settings["reallocation_step"]
                    change = step * wish * movable / side
                action = "hold"
                if change:
                    action = "increase" if change > 0 else "decrease"
                proposed = spend[channel] + change
                result[channel, model] = (
                    spend[channel],
                    proposed,
                    action,
                    *gaps[channel],
                )
        return result

    def conversion_paths(self):
        """Length, conversions, revenue and mean days from first touch, by path."""
        paths = defaultdict(list)
        for row in self.rows:
            paths[row["conversion"]].append(row)
        seen = defaultdict(list)
        for rows in paths.values():
            seen[" > ".join(row["channel"] for row in rows),].append(rows[0])
        return {
            path: (
                firsts[0]["length"],
                len(firsts),
                math.fsum(first["value"] for first in firsts),
                None
                if firsts[0]["age"] is None
                else math.fsum(first["age"] for first in firsts) / len(firsts),
            )
            for path, firsts in seen.items()
        }


def _one(n, place):
    """Credit 1 at one place of n."""
    return [1.0 if other == place else 0.0 for other in range(n)]


def first_touch(path, ages, settings):
    """All to the oldest touch."""
    return _one(len(path), 0)


def last_touch(path, ages, settings):
    """All to the newest touch."""
    return _one(len(path), len(path) - 1)


def last_non_direct(path, ages, settings):
    """All to the newest touch that is not direct, or the newest when all are."""
    places = [n for n, touch in enumerate(path) if not touch["is_direct"]]
    return _one(len(path), places[-1] if places else len(path) - 1)


def linear(path, ages, settings):
    """Equal parts."""
    return [1 / len(path)] * len(path)


def time_decay(path, ages, settings):
    """Half the weight every half-life, relative to the newest touch."""
    newest = min(ages)
    weights = [2.0 ** ((newest - age) / settings["half_life_days"]) for age in ages]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def position_based(path, ages, settings):
    """First and last weight to the ends, the middle weight in equal parts between."""
    given = settings["position_weights"]
    n = len(path)
    if n == 1:
        return [1.0]
    if n == 2:
        weights = [given["first"], given["last"]]
    else:
        between = [given["middle"] / (n - 2)] * (n - 2)
        weights = [given["first"], *between, given["last"]]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


CREDITS = {
    "first_touch": first_touch,
    "last_touch": last_touch,
    "last_non_direct": last_non_direct,
    "linear": linear,
    "time_decay": time_decay,
    "position_based": position_based,
}
