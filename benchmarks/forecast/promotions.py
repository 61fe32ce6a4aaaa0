"""Forecast seeded shops with promotions every other week, and shops without.

    .venv/bin/python benchmarks/forecast/promotions.py

Daily revenue of 31 months: closed on Sundays and public holidays, days around the turn
of the month and the weeks before Christmas are better, noise of 8 % that lasts a
little.  In promotion weeks Monday to Friday sell more; these alternate with plain
weeks, but that so many times a year two of a kind follow each other.  Nobody says when:
a shop that enters its promotions in known_events does better.

Printed, 28 days ahead from three origins a shop: WAPE of the seasonal naive forecast
and of the mean of the fitted candidates, without and with the cycle that
forecast_candidates.alternation finds, and in how many forecasts it found one.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugins"))

import forecast_candidates as candidates

DAYS = pd.date_range("2013-01-01", "2015-07-31")
EASTER = ("2013-03-31", "2014-04-20", "2015-04-05")
HORIZON = 28
SHOPS = 12
# Days before the end, six origins in all seasons; every other one a shop.
ORIGINS = (0, 35, 70, 133, 217, 308)
# What promotions add, and how often a year two weeks of a kind follow each other.
KINDS = {
    "promotions of 40 %, strictly": (0.4, 0),
    "promotions of 40 %, 2 shifts": (0.4, 2),
    "promotions of 40 %, 4 shifts": (0.4, 4),
    "promotions of 20 %, 2 shifts": (0.2, 2),
    "promotions at random": (0.4, 26),
    "no promotions": (0.0, 0),
}


def holidays():
    """Public holidays of the years, on which shops are closed."""
    fixed = ("01-01", "05-01", "10-03", "12-25", "12-26")
    found = {
        pd.Timestamp(f"{year}-{day}") for year in range(2013, 2017) for day in fixed
    }
    for sunday in map(pd.Timestamp, EASTER):
        found |= {sunday + pd.Timedelta(days=days) for days in (-2, 1, 39, 50)}
    return found


def shop(seed, lift, shifts):
    """Daily revenue (n,) of one shop."""
    rng = np.random.default_rng(seed)
    week = ((DAYS - DAYS[0]).days + DAYS[0].weekday()).to_numpy() // 7
    same = rng.random(week[-1] + 1) < shifts / 52
    is_promotion = (rng.integers(2) + np.cumsum(~same)) % 2 == 1
    usual = np.array([1.12, 1.0, 0.96, 0.97, 1.03, 0.92, 0.0])
    usual = usual * np.exp(0.05 * rng.standard_normal(7))
    lifts = lift * np.array([1.45, 1.15, 1.0, 0.9, 0.8, 0.0, 0.0])
    lifts = lifts * np.exp(0.2 * rng.standard_normal(7))
    level = 6000 * np.exp(0.4 * rng.standard_normal())
    growth = 0.03 * rng.standard_normal()
    closed = holidays()
    lasting, values = 0.0, []
    for number, day in enumerate(DAYS):
        lasting = 0.4 * lasting + 0.08 * rng.standard_normal()
        value = level * (1 + growth * number / 365) * usual[day.weekday()]
        value *= np.exp(lasting)
        if is_promotion[week[number]]:
            value *= 1 + lifts[day.weekday()]
        if day.day <= 4 or day.day >= 28:
            value *= 1.08
        if day.month == 12 and day.day < 25:
            value *= 1 + 0.5 * np.exp(-(24 - day.day) / 9)
        if day + pd.Timedelta(days=1) in closed:
            value *= 1.2
        values.append(0.0 if day in closed else value)
    return np.round(values)


def forecast(history):
    """The seasonal naive forecast, and the mean of the fitted candidates."""
    found = candidates.forecast_series(history, 7, 7, 365.25, HORIZON)
    fitted = np.mean([found[name] for name in candidates.CANDIDATES], axis=0)
    return found["seasonal_naive"], fitted


def compare(lift, shifts):
    """WAPE naive, without the cycle and with it; share of forecasts with a cycle."""
    misses, actual, cycles, forecasts = np.zeros(3), 0.0, 0, 0
    least = candidates.ALTERNATES_AFTER
    for seed in range(SHOPS):
        values = shop(seed, lift, shifts)
        for before in ORIGINS[seed % 2 :: 2]:
            known = values[: len(values) - before]
            history, came = known[:-HORIZON], known[-HORIZON:]
            naive, with_cycle = forecast(history)
            candidates.ALTERNATES_AFTER = np.inf
            _, without = forecast(history)
            candidates.ALTERNATES_AFTER = least
            for column, said in enumerate((naive, without, with_cycle)):
                misses[column] += np.abs(said - came).sum()
            actual += came.sum()
            cycles += not np.array_equal(without, with_cycle)
            forecasts += 1
    return *(misses / actual), cycles / forecasts


def main():
    """Print the table."""
    print(f"| {SHOPS} shops each | naive | without the cycle | with it | found in |")
    print("|---|---|---|---|---|")
    with threadpool_limits(limits=1):
        for name, (lift, shifts) in KINDS.items():
            naive, without, with_cycle, found = compare(lift, shifts)
            print(
                f"| {name} | {naive:.3f} | {without:.3f} | {with_cycle:.3f}"
                f" | {found:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
