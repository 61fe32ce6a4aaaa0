"""Shapiro–Wilk tests of groups of values: are they normal?

One row per (test_name, group_name) of the samples.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import numpy as np
import pandas as pd
from scipy import stats
from threadpoolctl import threadpool_limits

KEYS = ["test_name", "group_name"]
FEWEST = 3


def shapiro_wilk(values):
    """W and its p-value for `values` (n,), n from 3 to 5000 and not all equal.

    Shapiro & Wilk (1965), with Royston's p-value (1995). W does not depend on place or
    unit; values are moved and scaled first so that large ones keep their digits.
    Returns (nan, nan) for fewer than 3 values or values that are all equal.
    """
    values = np.sort(np.asarray(values, dtype=float))
    if len(values) < FEWEST or values[0] == values[-1]:
        return np.nan, np.nan
    moved = values - values[len(values) // 2]
    result = stats.shapiro(moved / np.abs(moved).max())
    return float(result.statistic), float(result.pvalue)


def tested(samples):
    """Shapiro–Wilk for each group of `samples` (test_name, group_name, value).

    Returns test_name, group_name, w_statistic, normality_p_value (missing where they
    cannot be had), in the order of the keys.
    """
    rows = [
        (*key, *shapiro_wilk(part["value"]))
        for key, part in samples.groupby(KEYS, sort=True)
    ]
    frame = pd.DataFrame(rows, columns=[*KEYS, "w_statistic", "normality_p_value"])
    return frame.astype(
        dict.fromkeys(KEYS, "str")
        | {"w_statistic": "float64", "normality_p_value": "float64"}
    )


def model(dbt, session):
    """Test every group that a statistical test needs to know the shape of."""
    samples = dbt.ref("int_normality_samples").df()
    with threadpool_limits(1):
        found = tested(samples)
    return found
