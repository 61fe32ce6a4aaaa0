"""Cumulative sums that find small lasting shifts of a series.

One row per (series_id, step) from which on a shift can be judged: the shift the
charts hold to be going on (-1 down, 0 none, 1 up) and the largest chart over its
limit.
"""

import edge_basics  # noqa: F401  (first: see there)
import grouped_edges
import numpy as np
import pandas as pd

# Half the shift, in standard deviations, that each chart finds fastest.
REFERENCES = np.array([0.35, 0.75])
# A rise is good news: its charts may be this much slower to cry wolf.
PATIENCE_WITH_RISES = 4
# Evidence that ends a shift: a tenth of chance, once in about a hundred periods.
RECOVERY_LIMIT = 3.0
COLUMNS = {"series_id": "str", "step": "int64", "shift": "int64", "evidence": "float64"}


def periods_between_false_alarms(limit, reference):
    """Mean periods until a one-sided chart without a shift alarms.

    Siegmund (1985), Sequential Analysis: a random walk with drift -`reference` and
    normal steps of variance 1, with 1.166 for the overshoot at both ends.
    """
    height = 2 * reference * (limit + 1.166)
    return (np.exp(height) - height - 1) / (2 * reference**2)


def chart_limit(reference, periods):
    """Limit at which a chart has a false alarm in `periods` periods on average."""
    low, high = 0.0, 200.0
    for _ in range(100):
        middle = (low + high) / 2
        if periods_between_false_alarms(middle, reference) < periods:
            low = middle
        else:
            high = middle
    return high


def lasting_shifts(values, periods):
    """Follow each column of `values` (n_steps, n_series) through time.

    Arguments:
        values: standardised deviations, mean 0 and variance 1 without a shift; NaN
            where nothing is known, which changes nothing.
        periods: periods between false alarms of each chart for drops (Page 1954).
    Returns (shift, evidence), both (n_steps, n_series): -1, 0 or 1 while a shift is
    held to be going on, and the largest chart over its limit, at least 1 in a shift.

    A shift ends by a chart of the opposite side, whose reference is half the mean
    deviation since the alarm; all charts then start anew.
    """
    n_steps, n_series = values.shape
    limits = np.array(
        [
            [chart_limit(reference, periods * patience) for reference in REFERENCES]
            for patience in (1, PATIENCE_WITH_RISES)
        ]
    )
    shift = np.zeros((n_steps, n_series), dtype=np.int64)
    evidence = np.zeros((n_steps, n_series))
    # Charts of both sides: (2, references, series); side 0 is down.
    charts = np.zeros((2, len(REFERENCES), n_series))
    current = np.zeros(n_series, dtype=np.int64)
    recovery = np.zeros(n_series)
    length = np.zeros(n_series)
    total = np.zeros(n_series)
    sides = np.array([-1.0, 1.0])[:, None, None]
    for step in range(n_steps):
        value = values[step]
        known = ~np.isnan(value)
        if known.any():
            value = np.where(known, value, 0.0)
            watching = known & (current == 0)
            grown = np.maximum(0.0, charts + sides * value - REFERENCES[None, :, None])
            charts = np.where(watching, grown, charts)
            in_shift = known & (current != 0)
            if in_shift.any():
                along = value * current
                length = np.where(in_shift, length + 1, length)
                total = np.where(in_shift, total + along, total)
                reference = np.clip(total / np.maximum(length, 1) / 2, 0.25, 1.5)
                recovery = np.where(
                    in_shift, np.maximum(0.0, recovery + reference - along), recovery
                )
                over = in_shift & (recovery > RECOVERY_LIMIT)
                current = np.where(over, 0, current)
                charts[:, :, over] = 0.0
            height = (charts / limits[:, :, None]).max(axis=1)
            alarm = watching & (height.max(axis=0) > 1)
            if alarm.any():
                current = np.where(
                    alarm, np.where(height[0] >= height[1], -1, 1), current
                )
                recovery = np.where(alarm, 0.0, recovery)
                length = np.where(alarm, 1.0, length)
                total = np.where(alarm, value * current, total)
            evidence[step] = height.max(axis=0)
        else:
            evidence[step] = (charts / limits[:, :, None]).max(axis=(0, 1))
        shift[step] = current
    return shift, evidence


def judge_points(points, periods):
    """Follow every series of `points` (series_id, grain, step, shift_value).

    `periods` holds the periods between false alarms by grain.
    """
    results = []
    for grain, grained in points.groupby("grain"):
        wide = grained.pivot(index="step", columns="series_id", values="shift_value")
        wide = wide.sort_index()
        shift, evidence = lasting_shifts(wide.to_numpy(), periods[grain])
        # From a series' first known value on; NULLs before it say nothing.
        begun = wide.notna().cummax().to_numpy()
        rows, columns = np.nonzero(begun)
        results.append(
            pd.DataFrame(
                {
                    "series_id": wide.columns.to_numpy()[columns],
                    "step": wide.index.to_numpy()[rows],
                    "shift": shift[rows, columns],
                    "evidence": evidence[rows, columns],
                }
            )
        )
    if not results:
        return pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    return pd.concat(results, ignore_index=True).astype(COLUMNS)


def model(dbt, session):
    """Read standardised deviations, follow them, return."""
    points = dbt.ref("int_scored_points").select("series_id, grain, step, shift_value")
    periods = {
        "day": float(dbt.config.meta_get("daily_periods")),
        "hour": float(dbt.config.meta_get("hourly_periods")),
    }

    def judge_groups(rows):
        return judge_points(rows, periods)

    keys = ["grain", "series_id"]
    shifts = grouped_edges.over_groups(points, keys, judge_groups, COLUMNS)
    return shifts
