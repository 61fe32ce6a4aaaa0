"""P-values of test statistics, and what intervals need from distributions.

One row per test_name: p_value, and where they exist t_quantile_975 and the limits of
the 95 % interval of the non-centrality.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import math

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

RESULTS = ("p_value", "t_quantile_975", "noncentrality_low", "noncentrality_high")
COVERAGE = 0.95


def orders_up_to(highest, n_1, n_2):
    """Orders of n_1 + n_2 different values with a rank-sum statistic U of 0..highest.

    The coefficients of the Gaussian binomial (n_1 + n_2 over n_1), as exact integers
    (Mann & Whitney 1947): a product of (1 - q^(n_2 + i)) / (1 - q^i), i = 1..n_1.
    Returns a list of highest + 1 integers.
    """
    counts = [1] + [0] * highest
    few, many = sorted((n_1, n_2))
    for i in range(1, few + 1):
        for u in range(highest, many + i - 1, -1):
            counts[u] -= counts[u - many - i]
        for u in range(i, highest + 1):
            counts[u] += counts[u - i]
    return counts


def rank_sum_p(u, n_1, n_2):
    """Exact two-sided p-value of U = `u` for groups of n_1 and n_2 without ties."""
    n_1, n_2 = int(n_1), int(n_2)
    lower = round(min(u, n_1 * n_2 - u))
    if 2 * lower >= n_1 * n_2:
        return 1.0
    tail = sum(orders_up_to(lower, n_1, n_2))
    return min(1.0, 2 * tail / math.comb(n_1 + n_2, n_1))


def two_sided_p(distribution, value, df_1, df_2, counts):
    """P-value of `value`: how often chance alone goes as far.

    Arguments:
        distribution: t and normal count both tails, f and chi_square the upper one,
            rank_sum and hypergeometric are exact.
        df_1, df_2: degrees of freedom, where the distribution has them.
        counts: four numbers; the sizes of two groups for rank_sum, the cells of the
            table (successes and failures of each group) for hypergeometric.
    """
    if distribution == "t":
        return 2 * stats.t.sf(abs(value), df_1)
    if distribution == "normal":
        return min(1.0, 2 * stats.norm.sf(value))
    if distribution == "f":
        return stats.f.sf(value, df_1, df_2)
    if distribution == "chi_square":
        return stats.chi2.sf(value, df_1)
    if distribution == "rank_sum":
        return rank_sum_p(value, *counts[:2])
    if distribution == "hypergeometric":
        cells = np.array(counts).round().astype(np.int64).reshape(2, 2)
        return stats.fisher_exact(cells).pvalue
    raise ValueError(f"no distribution is called {distribution}")


def noncentrality_interval(distribution, value, df_1, df_2):
    """95 % limits of the non-centrality of an f or chi_square `value`.

    The values under which `value` stands at the upper and the lower 2.5 % point
    (Steiger 2004), 0 where there is none, nan where the effect is so large that the
    distribution cannot be computed. Returns (low, high).
    """
    if distribution == "f":

        def below(noncentrality):
            return special.ncfdtr(df_1, df_2, noncentrality, value)

        scale = df_1 * value
    else:

        def below(noncentrality):
            return special.chndtr(value, df_1, noncentrality)

        scale = value

    def limit(probability):
        if below(0.0) <= probability:
            return 0.0
        far = max(1.0, scale)
        while below(far) > probability:
            far *= 2
        if not below(far) <= probability:
            return math.nan
        return optimize.brentq(
            lambda noncentrality: below(noncentrality) - probability,
            0.0,
            far,
            xtol=1e-12,
            rtol=1e-12,
        )

    tail = (1 - COVERAGE) / 2
    return limit(1 - tail), limit(tail)


def looked_up(statistics):
    """P-values and interval parts for every row of `statistics`.

    Takes test_name, distribution, distribution_value, degrees_of_freedom,
    denominator_degrees_of_freedom, count_1 to count_4 and known_p_value.
    Returns test_name and RESULTS, sorted by test_name; what a distribution does not
    have is missing.
    """
    rows = []
    for row in statistics.sort_values("test_name").to_dict("records"):
        distribution = row["distribution"]
        value = row["distribution_value"]
        df_1, df_2 = row["degrees_of_freedom"], row["denominator_degrees_of_freedom"]
        counts = [row[f"count_{number}"] for number in (1, 2, 3, 4)]
        p_value = row["known_p_value"]
        quantile = low = high = math.nan
        if distribution != "known":
            p_value = two_sided_p(distribution, value, df_1, df_2, counts)
        if distribution == "t":
            quantile = stats.t.ppf((1 + COVERAGE) / 2, df_1)
        if distribution in ("f", "chi_square"):
            low, high = noncentrality_interval(distribution, value, df_1, df_2)
        rows.append((row["test_name"], p_value, quantile, low, high))
    frame = pd.DataFrame(rows, columns=["test_name", *RESULTS])
    return frame.astype({"test_name": "str", **dict.fromkeys(RESULTS, "float64")})


def model(dbt, session):
    """Look up every test statistic."""
    return looked_up(dbt.ref("int_test_statistics").df())
