"""Statistical tests from rows in the warehouse: against scipy, statsmodels, NIST.

All cases lie in one table of the warehouse and are declared as tests over it, so that
one build computes them all. Where doubles are too short for the textbook formulas the
expected statistic is computed in exact fractions.
"""

import datetime as dt
import itertools
import math
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pytest
from harness import Shop, python_edge
from scipy import stats
from statsmodels.stats import multitest, oneway, proportion

EXPERIMENTS = ("path:models/experiments",)
Z = stats.norm.ppf(0.975)
NAN, INFINITY = math.nan, math.inf
CLOSE = {"rel": 1e-9, "abs": 1e-12}


def draws(seed):
    return np.random.default_rng(seed)


def rounded(values, digits):
    return [round(float(value), digits) for value in values]


def levels(groups):
    """Groups without names, named in their order."""
    return {f"g{number}": list(values) for number, values in enumerate(groups)}


# --- Cases -----------------------------------------------------------------------


def nist_levels(offset, size):
    """A set of NIST's SmLs series: nine treatments round `offset` + .4.

    A treatment holds its level, then pairs of .1 below and above it. By the offset 1,
    1e6 or 1e12 and the size 21, 201 or 2001 these are SmLs01 to SmLs09, whose
    certified F is the size.
    """
    steps = [0] + [-1, 1] * ((size - 1) // 2)
    return levels(
        [float(f"{offset}.{level + step}") for step in steps]
        for level in [4] + [3, 5] * 4
    )


SILICON = levels(
    [
        [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
        [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
        [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
        [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
        [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
    ]
)
# Silver's atomic weight by two instruments: 107.868 and these in units of 1e-7.
SILVER = {
    name: [float(f"107.868{digits}") for digits in text.split()]
    for name, text in {
        "first": (
            "1568 1465 1572 1785 1446 1903 1526 1494 1616 1587 1519 1486"
            " 1419 1569 1508 1672 1385 1518 1662 1424 1360 1333 1610 1477"
        ),
        "second": (
            "1079 1344 1513 1197 1604 1385 1642 1365 1151 1082 1517 1448"
            " 1198 1482 1334 1609 1101 1512 1469 1360 1254 1261 1450 1368"
        ),
    }.items()
}
CERTIFIED_F = {"SiRstv": 1.18046237440255, "AtmWtAg": 15.9467335677930}

PAIRS = {
    "two and two": {"a": [1.0, 2.0], "b": [4.0, 8.0]},
    "two and many": {"a": [3.0, 3.5], "b": list(draws(1).normal(5, 2, 60))},
    "unequal": {
        "a": list(draws(2).normal(10, 1, 7)),
        "b": list(draws(3).normal(11, 6, 35)),
    },
    "equal means": {"a": [1.0, 2.0, 3.0], "b": [0.0, 2.0, 4.0]},
    "one constant": {"a": [5.0] * 6, "b": [4.0, 5.0, 7.0, 9.0]},
    "skewed": {
        "a": list(draws(4).lognormal(3, 1, 90)),
        "b": list(draws(5).lognormal(3.3, 1.2, 41)),
    },
    "a million": {
        "a": list(1e6 + draws(6).normal(0, 0.1, 50)),
        "b": list(1e6 + draws(7).normal(0.05, 0.1, 40)),
    },
    "a million million": {
        "a": list(1e12 + draws(8).normal(0, 0.1, 50)),
        "b": list(1e12 + draws(9).normal(0.05, 0.1, 40)),
    },
    "far apart": {
        "a": list(draws(10).normal(0, 1, 20)),
        "b": list(draws(11).normal(30, 1, 25)),
    },
    "negative": {
        "a": rounded(-draws(12).exponential(5, 30), 2),
        "b": rounded(-draws(13).exponential(4, 20), 2),
    },
}
FEW = {
    "three groups": levels(
        [
            list(draws(20).normal(1, 1, 8)),
            list(draws(21).normal(2, 3, 15)),
            list(draws(22).normal(1, 2, 40)),
        ]
    ),
    "two groups": PAIRS["unequal"],
    "pairs": levels([[1.0, 3.0], [2.0, 2.5], [9.0, 4.0], [3.0, 3.5]]),
    "SiRstv": SILICON,
    "AtmWtAg": SILVER,
    "SmLs01": nist_levels(1, 21),
    "SmLs02": nist_levels(1, 201),
    "SmLs03": nist_levels(1, 2001),
    "SmLs04": nist_levels(1_000_000, 21),
    "SmLs05": nist_levels(1_000_000, 201),
    "SmLs06": nist_levels(1_000_000, 2001),
    "SmLs07": nist_levels(1_000_000_000_000, 21),
    "SmLs08": nist_levels(1_000_000_000_000, 201),
    "SmLs09": nist_levels(1_000_000_000_000, 2001),
}
# Groups that Welch's test cannot take, and the classic one can.
CLASSIC_ONLY = {
    "a group of one": levels([[3.0], [1.0, 2.0, 4.0], [5.0, 6.0, 9.0]]),
    "a constant group": levels([[2.0] * 5, [1.0, 2.0, 4.0], [5.0, 6.0, 9.0]]),
}
RANKED = {
    **{name: PAIRS[name] for name in ("two and two", "unequal", "skewed", "far apart")},
    "one against many": {"a": [2.5], "b": [1.0, 2.0, 3.0, 4.0]},
    "one and one": {"a": [1.0], "b": [2.0]},
    "eight and many": {
        "a": list(draws(30).normal(0, 1, 8)),
        "b": list(draws(31).normal(1, 1, 33)),
    },
    "nine and nine": {
        "a": list(draws(32).normal(0, 1, 9)),
        "b": list(draws(33).normal(1, 1, 9)),
    },
    "few with a tie": {"a": [1.0, 2.0, 3.0], "b": [3.0, 4.0, 5.0, 6.0]},
    "ties": {
        "a": [float(n) for n in draws(34).integers(0, 4, 40)],
        "b": [float(n) for n in draws(35).integers(1, 5, 25)],
    },
    "no overlap": {"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, 6.0, 7.0]},
    "equal halves": {"a": [1.0, 4.0], "b": [2.0, 3.0]},
    "a constant group of ties": {"a": [2.0] * 12, "b": [1.0, 2.0, 3.0, 3.0] * 4},
}
RANKED_GROUPS = {
    "three groups": FEW["three groups"],
    "two groups": PAIRS["unequal"],
    "ties": levels(
        [float(n) for n in draws(40 + g).integers(g, 5, 10 + 7 * g)] for g in range(4)
    ),
    "ones": levels([[1.0], [3.0], [2.0]]),
    "pairs": FEW["pairs"],
}
# Of a group: trues and falses.
SHARES = {
    "two large": {"a": (120, 880), "b": (170, 830)},
    "two small": {"a": (3, 9), "b": (8, 5)},
    "nearly equal": {"a": (10, 11), "b": (11, 10)},
    "a zero": {"a": (0, 14), "b": (6, 10)},
    "two zeros": {"a": (0, 3), "b": (4, 0)},
    "one and two": {"a": (1, 0), "b": (1, 1)},
    "very unequal": {"a": (2, 8), "b": (900, 2100)},
    "opposite": {"a": (40, 1), "b": (2, 60)},
}
MORE_SHARES = {
    "three": {"a": (20, 80), "b": (35, 65), "c": (31, 119)},
    "four with few": {"a": (1, 4), "b": (3, 2), "c": (0, 6), "d": (4, 9)},
}
NORMALITY = {
    "three": [1.0, 2.0, 4.0],
    "ties": [1.0, 1.0, 2.0, 2.0, 2.0, 5.0, 5.0],
    "normal": list(draws(50).normal(100, 15, 80)),
    "not normal": list(draws(51).exponential(1, 300)),
    "large values": list(1e12 + np.round(draws(52).normal(0, 100, 40))),
}


def share_rows(cells):
    """Groups of ones and zeros, of `cells` name -> (trues, falses)."""
    return {name: [1.0] * yes + [0.0] * no for name, (yes, no) in cells.items()}


CASES = {
    **{("welch_t", name): groups for name, groups in PAIRS.items()},
    **{("welch_anova", name): groups for name, groups in FEW.items()},
    **{("anova", name): groups for name, groups in (FEW | CLASSIC_ONLY).items()},
    **{("mann_whitney", name): groups for name, groups in RANKED.items()},
    **{("kruskal_wallis", name): groups for name, groups in RANKED_GROUPS.items()},
    **{
        (kind, name): share_rows(cells)
        for kind in ("chi_square", "chi_square_yates", "fisher_exact")
        for name, cells in SHARES.items()
    },
    **{("chi_square", name): share_rows(cells) for name, cells in MORE_SHARES.items()},
    **{("shapiro_wilk", name): {"all": values} for name, values in NORMALITY.items()},
}


def test_name(kind, case):
    return f"{kind}_{case}".lower().replace(" ", "_")


test_name.__test__ = False


def declared(kind, case):
    """The case as an entry of hypothesis_tests."""
    name = test_name(kind, case)
    entry = {
        "name": name,
        "relation": "lab.observations",
        "metric": "value",
        "groups": "group_name",
        "where": f"test_name = '{name}'",
        "kind": kind,
    }
    if kind == "shapiro_wilk":
        del entry["groups"]
    return entry


def observations(cases):
    """Rows of the table that cases lie in, in no helpful order."""
    rows = [
        (test_name(*case), group, value)
        for case, groups in cases.items()
        for group, values in groups.items()
        for value in values
    ]
    return pd.DataFrame(rows, columns=["test_name", "group_name", "value"]).sample(
        frac=1, random_state=1
    )


class Lab:
    """A small shop's warehouse, with tables of one's own to test."""

    def __init__(self, project):
        """Build what the experiments' models stand on."""
        self.project = project
        shop = Shop()
        for number in range(8):
            shop.touch(f"c{number}", "email", "2025-01-01 10:00:00")
            shop.order(f"o{number}", f"c{number}", "2025-01-02 10:00:00", "10")
        self.built = project.good(
            shop.raw(), select=("+int_experiment_orders", "+int_experiment_days")
        )

    def put(self, table, frame):
        """Write `frame` as a table of schema lab."""
        with duckdb.connect(str(self.built.warehouse)) as connection:
            connection.execute("create schema if not exists lab")
            connection.register("given", frame)
            connection.execute(f"create or replace table lab.{table} as from given")

    def run(self, tests, **settings):
        """Rows of statistical_tests by test_name, for declarations `tests`."""
        self.project.good(
            data=self.built.data,
            vars={"hypothesis_tests": tests, **settings},
            select=EXPERIMENTS,
            again=self.built,
        )
        rows = self.built.query("select * from marts.statistical_tests")
        return {row["test_name"]: row for row in rows.to_dict("records")}

    def groups(self):
        """Rows of test_group_statistics by (test_name, group_name)."""
        rows = self.built.query("select * from marts.test_group_statistics")
        return {
            (row["test_name"], row["group_name"]): row
            for row in rows.to_dict("records")
        }

    def error(self, test):
        """The sentence that the declaration `test` is refused with."""
        built = self.project.build(
            data=self.built.data,
            vars={"hypothesis_tests": test if isinstance(test, list) else [test]},
            select=EXPERIMENTS,
            again=self.built,
        )
        assert built.returncode != 0, "accepted"
        assert "Traceback" not in built.output
        return built.error()


@pytest.fixture(scope="module")
def lab(project):
    return Lab(project)


@pytest.fixture(scope="module")
def found(lab):
    """Results of every case, and the statistics of its groups."""
    lab.put("observations", observations(CASES))
    results = lab.run([declared(kind, case) for kind, case in CASES])
    return results, lab.groups()


def of(found, kind, case):
    return found[0][test_name(kind, case)]


def cases(kind):
    return [case for name, case in CASES if name == kind]


# --- Exact arithmetic ------------------------------------------------------------


def exact(groups):
    """Sizes, means and variances (n - 1) of `groups` as fractions."""
    values = [[Fraction(value) for value in group] for group in groups.values()]
    sizes = [len(group) for group in values]
    means = [sum(group) / len(group) for group in values]
    variances = [
        sum((value - mean) ** 2 for value in group) / (len(group) - 1)
        if len(group) > 1
        else Fraction(0)
        for group, mean in zip(values, means, strict=True)
    ]
    return sizes, means, variances


def root(fraction):
    """Square root of a fraction to the last digit of a double."""
    scale = 10**60
    return math.isqrt(fraction.numerator * scale // fraction.denominator) / 10**30


def exact_welch_t(groups):
    """Welch's t (second group less first) and its degrees of freedom."""
    (n_1, n_2), (mean_1, mean_2), (v_1, v_2) = exact(groups)
    error = v_1 / n_1 + v_2 / n_2
    freedom = error**2 / ((v_1 / n_1) ** 2 / (n_1 - 1) + (v_2 / n_2) ** 2 / (n_2 - 1))
    return float(mean_2 - mean_1) / root(error), float(freedom)


def exact_anova(groups):
    """Classic F, its two degrees of freedom."""
    sizes, means, variances = exact(groups)
    total, count = sum(sizes), len(sizes)
    grand = sum(n * mean for n, mean in zip(sizes, means, strict=True)) / total
    between = sum(
        n * (mean - grand) ** 2 for n, mean in zip(sizes, means, strict=True)
    ) / (count - 1)
    within = sum((n - 1) * v for n, v in zip(sizes, variances, strict=True)) / (
        total - count
    )
    return float(between / within), count - 1, total - count


def exact_welch_anova(groups):
    """Welch's F, its two degrees of freedom (Welch 1951)."""
    sizes, means, variances = exact(groups)
    count = len(sizes)
    weights = [n / v for n, v in zip(sizes, variances, strict=True)]
    whole = sum(weights)
    grand = sum(w * mean for w, mean in zip(weights, means, strict=True)) / whole
    between = sum(
        w * (mean - grand) ** 2 for w, mean in zip(weights, means, strict=True)
    ) / (count - 1)
    imprecision = sum(
        (1 - w / whole) ** 2 / (n - 1) for w, n in zip(weights, sizes, strict=True)
    )
    f = between / (1 + Fraction(2 * (count - 2), count**2 - 1) * imprecision)
    return float(f), count - 1, float((count**2 - 1) / (3 * imprecision))


# --- Means -----------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("welch_t"))
def test_welch_t_is_exact(found, case):
    row, groups = of(found, "welch_t", case), PAIRS[case]
    t, freedom = exact_welch_t(groups)
    assert row["method"] == "welch_t"
    assert (row["baseline_group"], row["compared_group"]) == ("a", "b")
    assert row["statistic"] == pytest.approx(t, **CLOSE)
    assert row["degrees_of_freedom"] == pytest.approx(freedom, rel=1e-9)
    assert row["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(t), freedom), rel=1e-9, abs=1e-15
    )
    if "million" not in case:
        peer = stats.ttest_ind(groups["b"], groups["a"], equal_var=False)
        interval = peer.confidence_interval(0.95)
        assert row["statistic"] == pytest.approx(peer.statistic, **CLOSE)
        assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9, abs=1e-15)
        assert row["difference"] == pytest.approx(
            np.mean(groups["b"]) - np.mean(groups["a"]), **CLOSE
        )
        assert row["difference_ci_low"] == pytest.approx(interval.low, **CLOSE)
        assert row["difference_ci_high"] == pytest.approx(interval.high, **CLOSE)


@pytest.mark.parametrize("case", cases("welch_t"))
def test_the_standardised_difference_has_bonetts_interval(found, case):
    """Bonett (2008), equation 10: variances apart, degrees of freedom n - 1."""
    row = of(found, "welch_t", case)
    (n_1, n_2), (mean_1, mean_2), (v_1, v_2) = exact(PAIRS[case])
    pooled = (v_1 + v_2) / 2
    d = float(mean_2 - mean_1) / root(pooled)
    v_1, v_2, s_2 = float(v_1), float(v_2), float(pooled)
    error = math.sqrt(
        d**2 * (v_1**2 / (n_1 - 1) + v_2**2 / (n_2 - 1)) / (8 * s_2**2)
        + v_1 / (s_2 * (n_1 - 1))
        + v_2 / (s_2 * (n_2 - 1))
    )
    assert row["effect_name"] == "standardised mean difference"
    assert row["effect_size"] == pytest.approx(d, **CLOSE)
    assert row["effect_ci_low"] == pytest.approx(d - Z * error, **CLOSE)
    assert row["effect_ci_high"] == pytest.approx(d + Z * error, **CLOSE)


@pytest.mark.parametrize("case", cases("anova"))
def test_anova_is_exact(found, case):
    row, groups = of(found, "anova", case), (FEW | CLASSIC_ONLY)[case]
    f, freedom_1, freedom_2 = exact_anova(groups)
    assert row["statistic"] == pytest.approx(f, rel=1e-9)
    assert (row["degrees_of_freedom"], row["denominator_degrees_of_freedom"]) == (
        freedom_1,
        freedom_2,
    )
    assert row["p_value"] == pytest.approx(
        stats.f.sf(f, freedom_1, freedom_2), rel=1e-9, abs=1e-300
    )
    if not case.startswith("SmLs"):
        peer = stats.f_oneway(*groups.values())
        # The sums of squares of silver are near the last digits of its values.
        assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-8)


@pytest.mark.parametrize("case", CERTIFIED_F)
def test_nist_certifies_f(found, case):
    row = of(found, "anova", case)
    # The certified F is of the decimals; doubles already differ in the 11th digit.
    assert row["statistic"] == pytest.approx(CERTIFIED_F[case], rel=1e-9)


@pytest.mark.parametrize("number", range(1, 10))
def test_nist_certifies_f_of_its_levels(found, number):
    """F is the number of values a treatment, as near as doubles hold the values."""
    row = of(found, "anova", f"SmLs0{number}")
    size = {1: 21, 2: 201, 0: 2001}[number % 3]
    error = 1e-12 if number <= 3 else (1e-9 if number <= 6 else 1e-4)
    assert row["statistic"] == pytest.approx(size, rel=error)


@pytest.mark.parametrize("case", cases("welch_anova"))
def test_welch_anova_is_exact(found, case):
    row, groups = of(found, "welch_anova", case), FEW[case]
    f, freedom_1, freedom_2 = exact_welch_anova(groups)
    assert row["statistic"] == pytest.approx(f, rel=1e-9)
    assert row["degrees_of_freedom"] == freedom_1
    assert row["denominator_degrees_of_freedom"] == pytest.approx(freedom_2, rel=1e-9)
    assert row["p_value"] == pytest.approx(
        stats.f.sf(f, freedom_1, freedom_2), rel=1e-9, abs=1e-300
    )
    if not case.startswith(("SmLs", "AtmWtAg")):
        peer = oneway.anova_oneway(list(groups.values()), use_var="unequal")
        assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-9)
        assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9)


def test_two_groups_of_welch_anova_are_welchs_t(found):
    t, f = of(found, "welch_t", "unequal"), of(found, "welch_anova", "two groups")
    assert f["statistic"] == pytest.approx(t["statistic"] ** 2, rel=1e-9)
    assert f["p_value"] == pytest.approx(t["p_value"], rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "case"), [key for key in CASES if key[0] in ("anova", "welch_anova")]
)
def test_omega_squared_and_its_interval(found, kind, case):
    """From F; its interval from the non-centralities at which F is a 2.5 % point."""
    row = of(found, kind, case)
    f, freedom = row["statistic"], row["degrees_of_freedom"]
    rest, count = row["denominator_degrees_of_freedom"], row["row_count"]
    expected = max(0, freedom * (f - 1) / (freedom * (f - 1) + count))
    assert row["effect_name"] == "omega squared"
    assert row["effect_size"] == pytest.approx(expected, **CLOSE)
    if case in FEW and kind == "anova":
        peer = oneway._fstat2effectsize(f, (freedom, rest))
        assert row["effect_size"] == pytest.approx(max(0, peer.omega2), **CLOSE)
    low, high = row["effect_ci_low"], row["effect_ci_high"]
    assert 0 <= low <= row["effect_size"] <= high <= 1
    for end, tail in ((low, 0.025), (high, 0.975)):
        if 0 < end < 1 and end != row["effect_size"]:
            noncentrality = count * end / (1 - end)
            above = stats.ncf.sf(f, freedom, rest, noncentrality)
            assert above == pytest.approx(tail, abs=1e-6), (kind, case)


# --- Ranks -----------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("mann_whitney"))
def test_mann_whitney_is_scipys(found, case):
    row, groups = of(found, "mann_whitney", case), RANKED[case]
    values = groups["a"] + groups["b"]
    is_exact = len(set(values)) == len(values) and min(map(len, groups.values())) <= 8
    assert row["method"] == f"mann_whitney_{'exact' if is_exact else 'corrected'}"
    peer = stats.mannwhitneyu(
        groups["b"], groups["a"], method="exact" if is_exact else "asymptotic"
    )
    assert row["statistic"] == peer.statistic
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("case", cases("mann_whitney"))
def test_cliffs_delta_pair_by_pair(found, case):
    """Delta over all pairs; Feng and Cliff's (2004) interval round it."""
    row, groups = of(found, "mann_whitney", case), RANKED[case]
    wins = np.sign(np.subtract.outer(groups["b"], groups["a"]))
    delta = wins.mean()
    assert row["effect_name"] == "Cliff's delta"
    assert row["effect_size"] == pytest.approx(delta, **CLOSE)
    low, high = row["effect_ci_low"], row["effect_ci_high"]
    n_b, n_a = wins.shape
    if min(n_a, n_b) == 1:
        assert (low, high) == (None, None)
    elif abs(delta) == 1:
        # No pair speaks against it: only the size of the smaller group limits it.
        fewest = min(n_a, n_b)
        end = (fewest - Z**2) / (fewest + Z**2)
        expected = (end, 1) if delta == 1 else (-1, -end)
        assert (low, high) == pytest.approx(expected, abs=1e-12)
    else:
        square = (
            wins.mean(axis=1).var(ddof=1) / n_b + wins.mean(axis=0).var(ddof=1) / n_a
        )
        width = Z * math.sqrt(square) * math.sqrt((1 - delta**2) ** 2 + Z**2 * square)
        below = 1 - delta**2 + Z**2 * square
        expected = [(delta - delta**3 + side * width) / below for side in (-1, 1)]
        assert low == pytest.approx(max(-1, expected[0]), **CLOSE)
        assert high == pytest.approx(min(1, expected[1]), **CLOSE)


def test_intervals_of_delta_hold_the_truth_as_often_as_they_say(lab):
    """Normal groups half a deviation apart: the true delta is 2 Phi(.5 / √2) - 1."""
    truth, runs = 2 * stats.norm.cdf(0.5 / math.sqrt(2)) - 1, 200
    rng = draws(60)
    drawn = {
        ("mann_whitney", f"run{number}"): {
            "a": list(rng.normal(0, 1, 25)),
            "b": list(rng.normal(0.5, 1, 18)),
        }
        for number in range(runs)
    }
    lab.put("runs", observations(drawn))
    tests = [declared(*case) | {"relation": "lab.runs"} for case in drawn]
    results = lab.run(tests).values()
    held = sum(
        row["effect_ci_low"] <= truth <= row["effect_ci_high"] for row in results
    )
    # Three standard errors of 95 % of 200 are 4.6 %.
    assert 0.904 <= held / runs <= 0.996


@pytest.mark.parametrize("case", cases("kruskal_wallis"))
def test_kruskal_wallis_is_scipys(found, case):
    row, groups = of(found, "kruskal_wallis", case), RANKED_GROUPS[case]
    peer = stats.kruskal(*groups.values())
    assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-9)
    assert row["degrees_of_freedom"] == len(groups) - 1
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9)
    rows, count = sum(map(len, groups.values())), len(groups)
    assert row["effect_name"] == "eta squared of ranks"
    if rows > count:
        eta = (peer.statistic - count + 1) / (rows - count)
        assert row["effect_size"] == pytest.approx(max(0, eta), **CLOSE)
        assert 0 <= row["effect_ci_low"] <= row["effect_size"] <= row["effect_ci_high"]
    else:
        assert row["effect_size"] is None


# --- Shares ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "case"), [key for key in CASES if key[0].startswith("chi_square")]
)
def test_chi_squares_are_scipys(found, kind, case):
    row, cells = of(found, kind, case), (SHARES | MORE_SHARES)[case]
    table = np.array(list(cells.values()))
    peer = stats.chi2_contingency(table, correction=kind == "chi_square_yates")
    assert row["statistic"] == pytest.approx(peer.statistic, **CLOSE)
    assert row["degrees_of_freedom"] == len(cells) - 1
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9, abs=1e-15)
    rough = peer.expected_freq.min() < 5
    assert ("p-value is rough" in (row["caution"] or "")) == rough


@pytest.mark.parametrize("case", cases("fisher_exact"))
def test_fisher_is_scipys(found, case):
    row, cells = of(found, "fisher_exact", case), SHARES[case]
    table = np.array([cells["b"], cells["a"]])
    peer = stats.fisher_exact(table)
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9)
    if math.isfinite(peer.statistic):
        assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-12)
    else:
        assert row["statistic"] is None


@pytest.mark.parametrize("kind", ["chi_square", "chi_square_yates", "fisher_exact"])
@pytest.mark.parametrize("case", SHARES)
def test_differences_of_shares_have_newcombes_interval(found, kind, case):
    row, cells = of(found, kind, case), SHARES[case]
    (yes_a, no_a), (yes_b, no_b) = cells["a"], cells["b"]
    low, high = proportion.confint_proportions_2indep(
        yes_b, yes_b + no_b, yes_a, yes_a + no_a, method="newcomb", compare="diff"
    )
    difference = yes_b / (yes_b + no_b) - yes_a / (yes_a + no_a)
    assert row["effect_name"] == "difference of shares"
    for name in ("effect_size", "difference"):
        assert row[name] == pytest.approx(difference, abs=1e-12)
    for name in ("effect_ci_low", "difference_ci_low"):
        assert row[name] == pytest.approx(low, abs=1e-9)
    for name in ("effect_ci_high", "difference_ci_high"):
        assert row[name] == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize("case", MORE_SHARES)
def test_cramers_v_of_more_groups(found, case):
    row, cells = of(found, "chi_square", case), MORE_SHARES[case]
    table = np.array(list(cells.values()))
    peer = stats.contingency.association(table, method="cramer")
    assert row["effect_name"] == "Cramér's V"
    assert row["effect_size"] == pytest.approx(peer, rel=1e-9)
    low, high = row["effect_ci_low"], row["effect_ci_high"]
    assert 0 <= low <= peer <= high
    count, freedom = table.sum(), len(cells) - 1
    for end, tail in ((low, 0.025), (high, 0.975)):
        if end > 0 and abs(end - peer) > 1e-9:
            above = stats.ncx2.sf(row["statistic"], freedom, count * end**2)
            assert above == pytest.approx(tail, abs=1e-6)


def test_events_of_chances_are_added_before_they_are_compared(lab):
    """Days of sessions and orders: the table of sums, not the mean of daily rates."""
    days = pd.DataFrame(
        {
            "side": ["a", "a", "b", "b", "b"],
            "orders": [1, 30, 2, 3, 4],
            "sessions": [2, 970, 100, 50, 70],
        }
    )
    lab.put("days", days)
    row = lab.run(
        [
            {
                "name": "rate",
                "relation": "lab.days",
                "metric": "orders",
                "trials": "sessions",
                "groups": "side",
            }
        ]
    )["rate"]
    peer = stats.chi2_contingency([[31, 941], [9, 211]], correction=True)
    assert row["method"] == "chi_square_yates"
    assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-9)
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9)
    assert row["difference"] == pytest.approx(9 / 220 - 31 / 972, abs=1e-12)
    groups = lab.groups()
    assert groups["rate", "a"]["mean"] == pytest.approx(31 / 972, abs=1e-12)
    assert groups["rate", "a"]["std_dev"] is None


# --- Normality, groups, corrections ----------------------------------------------


@pytest.mark.parametrize("case", cases("shapiro_wilk"))
def test_shapiro_wilk_is_scipys(found, case):
    row, values = of(found, "shapiro_wilk", case), np.array(NORMALITY[case])
    peer = stats.shapiro(values - np.median(values))
    assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-9)
    assert row["p_value"] == pytest.approx(peer.pvalue, rel=1e-9)
    assert row["effect_size"] is None


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_group_statistics_are_those_of_the_rows(found, kind, case):
    for group, values in CASES[kind, case].items():
        name = "all rows" if kind == "shapiro_wilk" else group
        row = found[1][test_name(kind, case), name]
        (size,), (mean,), (variance,) = exact({group: values})
        assert row["row_count"] == size
        assert row["mean"] == pytest.approx(float(mean), rel=1e-12, abs=1e-12)
        if size > 1:
            assert row["std_dev"] == pytest.approx(root(variance), rel=1e-9, abs=1e-12)
        else:
            assert row["std_dev"] is None
        assert (row["minimum"], row["maximum"]) == (min(values), max(values))
        assert row["median"] == pytest.approx(np.median(values), rel=1e-12, abs=1e-12)
        if variance and "million" not in case and not case.startswith("SmLs"):
            assert row["skewness"] == pytest.approx(
                stats.skew(np.array(values) - np.median(values)), rel=1e-6, abs=1e-9
            )


def test_corrections_are_statsmodels(found):
    rows = [row for row in found[0].values() if row["p_value"] is not None]
    assert len(rows) == len(CASES)
    p_values = [row["p_value"] for row in rows]
    for column, method in (("p_value_holm", "holm"), ("p_value_bh", "fdr_bh")):
        expected = multitest.multipletests(p_values, method=method)[1]
        assert [row[column] for row in rows] == pytest.approx(
            list(expected), rel=1e-9, abs=1e-300
        )
    assert any(row["p_value_holm"] > row["p_value_bh"] for row in rows)
    for row in rows:
        assert row["is_significant"] == (row["p_value_holm"] <= 0.05)


# --- What is chosen, and why -----------------------------------------------------


NORMAL_FEW = rounded(stats.norm.ppf((np.arange(12) + 0.5) / 12), 3)
CHOICES = {
    # 30 rows and no skew to speak of: the mean can be trusted.
    "large": (
        {"a": list(draws(70).normal(0, 1, 40)), "b": list(draws(71).normal(0, 1, 35))},
        "welch_t",
        "two groups of at least 35 values, enough for their skewness to trust"
        " the means",
    ),
    "small and normal": (
        {"a": NORMAL_FEW, "b": [v + 1 for v in NORMAL_FEW]},
        "welch_t",
        "two groups whose values may be normal (smallest Shapiro–Wilk p ",
    ),
    "small and skewed": (
        {"a": list(np.exp(3 * np.array(NORMAL_FEW))), "b": NORMAL_FEW},
        "mann_whitney_corrected",
        "two groups too few for their skewness, with values that are not normal",
    ),
    "large and very skewed": (
        {"a": [0.0] * 99 + [1e6], "b": [1.0] * 99 + [2.0]},
        "mann_whitney_corrected",
        "two groups too few for their skewness, with values that are not normal"
        " (smallest Shapiro–Wilk p below 0.0001)",
    ),
    "three and normal": (
        {"a": NORMAL_FEW, "b": [2 * v for v in NORMAL_FEW], "c": NORMAL_FEW[::2]},
        "welch_anova",
        "3 groups whose values may be normal (smallest Shapiro–Wilk p ",
    ),
    "three and one of one": (
        {"a": NORMAL_FEW, "b": [2 * v for v in NORMAL_FEW], "c": [7.0]},
        "kruskal_wallis",
        "3 groups, one with fewer than 3 values",
    ),
    "one without spread": (
        {"a": NORMAL_FEW, "b": [3.0] * 9},
        "mann_whitney_corrected",
        "two groups, one without any spread",
    ),
    "shares": (
        share_rows({"a": (30, 70), "b": (50, 50)}),
        "chi_square_yates",
        "a share in two groups with expected counts of at least 40",
    ),
    "few shares": (
        share_rows({"a": (3, 7), "b": (5, 5)}),
        "fisher_exact",
        "a share in two groups with an expected count of 4.0, below 5",
    ),
    "many shares": (
        share_rows({"a": (3, 7), "b": (5, 5), "c": (9, 1)}),
        "chi_square",
        "a share in 3 groups",
    ),
}
NOTHING = {
    "one group": ({"a": [1.0, 2.0]}, "only one group has values: a"),
    "all equal": (
        {"a": [5.0] * 4, "b": [5.0] * 9},
        "every value is the same: there is nothing to tell apart",
    ),
    "all true": (
        {"a": [1.0] * 4, "b": [1.0] * 9},
        "every outcome is the same: there is nothing to tell apart",
    ),
    "only what is no number": ({"a": [NAN, NAN], "b": [INFINITY]}, "no data: no row"),
    "no rows": ({}, "no data: its relation has no rows"),
}


@pytest.fixture(scope="module")
def chosen(lab):
    cases = {("auto", name): case[0] for name, case in (CHOICES | NOTHING).items()}
    lab.put("choices", observations(cases))
    tests = [declared(*case) | {"relation": "lab.choices"} for case in cases]
    return lab.run(tests), None


@pytest.mark.parametrize("case", CHOICES)
def test_auto_chooses_by_the_data_and_says_why(chosen, case):
    row, (_, method, reason) = of(chosen, "auto", case), CHOICES[case]
    assert row["declared_kind"] == "auto"
    assert row["method"] == method
    assert row["reason"].startswith(reason)
    assert row["p_value"] is not None


@pytest.mark.parametrize("case", NOTHING)
def test_no_result_is_null_and_says_why(chosen, case):
    row, (_, reason) = of(chosen, "auto", case), NOTHING[case]
    assert row["reason"].startswith(reason)
    numbers = (
        "method",
        "statistic",
        "p_value",
        "p_value_holm",
        "p_value_bh",
        "effect_size",
        "effect_ci_low",
        "is_significant",
    )
    assert {row[name] for name in numbers} == {None}


def test_a_test_without_result_does_not_count_for_the_others(chosen):
    rows = [row for row in chosen[0].values() if row["p_value"] is not None]
    assert len(rows) == len(CHOICES)
    p_values = [row["p_value"] for row in rows]
    expected = multitest.multipletests(p_values, method="holm")[1]
    assert [row["p_value_holm"] for row in rows] == pytest.approx(list(expected))


UNFIT = {
    ("welch_t", "one"): (
        {"a": [1.0], "b": [2.0, 3.0]},
        "welch_t needs at least 2 values in every group",
    ),
    ("welch_t", "flat"): (
        {"a": [1.0, 1.0], "b": [2.0, 2.0]},
        "no group has any spread",
    ),
    ("welch_anova", "one flat"): (
        {"a": [1.0, 1.0], "b": [2.0, 3.0], "c": [4.0, 6.0]},
        "a group has no spread",
    ),
    ("anova", "ones"): (
        {"a": [1.0], "b": [2.0]},
        "anova needs a group of at least 2 values",
    ),
    ("anova", "flat"): (
        {"a": [1.0, 1.0], "b": [2.0, 2.0]},
        "no group has any spread",
    ),
    ("mann_whitney", "three"): (
        {"a": [1.0], "b": [2.0], "c": [3.0]},
        "mann_whitney compares two groups, and there are 3",
    ),
    ("chi_square", "numbers"): (
        {"a": [1.0, 2.0], "b": [0.0]},
        "chi_square needs a metric that is true or false, 1 or 0",
    ),
    ("fisher_exact", "halves"): (
        {"a": [0.5, 1.0], "b": [0.0]},
        "fisher_exact needs a metric that is true or false, 1 or 0",
    ),
    ("shapiro_wilk", "two"): (
        {"a": [1.0, 2.0]},
        "shapiro_wilk needs at least 3 values",
    ),
    ("shapiro_wilk", "flat"): ({"a": [3.0] * 9}, "every value is the same"),
}


@pytest.fixture(scope="module")
def unfit(lab):
    lab.put(
        "unfit", observations({case: groups for case, (groups, _) in UNFIT.items()})
    )
    tests = [declared(*case) | {"relation": "lab.unfit"} for case in UNFIT]
    return lab.run(tests), None


@pytest.mark.parametrize(("kind", "case"), UNFIT)
def test_a_declared_kind_that_does_not_fit_is_not_computed(unfit, kind, case):
    row = of(unfit, kind, case)
    assert row["reason"].startswith(UNFIT[kind, case][1])
    for name in ("statistic", "p_value", "p_value_holm", "is_significant"):
        assert row[name] is None


def test_rows_that_cannot_be_compared_are_counted_and_left_out(lab):
    rows = [
        *(("a", float(value)) for value in range(8)),
        *(("b", float(value)) for value in range(3, 11)),
        (None, 5.0),
        ("b", INFINITY),
        ("a", -INFINITY),
        ("a", NAN),
        ("a", None),
        ("b", None),
    ]
    # Written row by row: by way of pandas what is no number would become NULL.
    with duckdb.connect(str(lab.built.warehouse)) as connection:
        connection.execute("create schema if not exists lab")
        connection.execute(
            "create or replace table lab.holes (side varchar, amount double)"
        )
        connection.executemany("insert into lab.holes values (?, ?)", rows)
    row = lab.run(
        [
            {
                "name": "holes",
                "relation": "lab.holes",
                "metric": "amount",
                "groups": "side",
            }
        ]
    )["holes"]
    counts = ("row_count", "rows_without_group", "rows_without_value")
    assert [row[name] for name in counts] == [16, 1, 2]
    assert row["rows_without_finite_value"] == 3
    peer = stats.ttest_ind(range(3, 11), range(8), equal_var=False)
    assert row["statistic"] == pytest.approx(peer.statistic, rel=1e-9)
    assert row["caution"].startswith(
        "1 rows without a group left out; 2 rows without a value left out;"
        " 3 rows whose value is no finite number left out"
    )


def test_the_baseline_turns_the_sign_and_nothing_else(lab):
    frame = pd.DataFrame(
        {"side": ["a"] * 9 + ["b"] * 9, "amount": [*range(9), *range(2, 11)]}
    )
    lab.put("sides", frame)
    base = {"relation": "lab.sides", "metric": "amount", "groups": "side"}
    rows = lab.run(
        [
            base | {"name": f"{kind}_{side}", "kind": kind, "baseline": side}
            for kind in ("welch_t", "mann_whitney")
            for side in ("a", "b")
        ]
    )
    for kind in ("welch_t", "mann_whitney"):
        one, other = rows[f"{kind}_a"], rows[f"{kind}_b"]
        assert one["effect_size"] == pytest.approx(-other["effect_size"]) != 0
        assert one["effect_ci_low"] == pytest.approx(-other["effect_ci_high"])
        assert one["p_value"] == pytest.approx(other["p_value"], rel=1e-12)
    # b is larger: compared with a it is above 0.
    assert rows["welch_t_a"]["difference"] == 2
    assert rows["welch_t_a"]["statistic"] > 0
    assert rows["mann_whitney_a"]["effect_size"] > 0


def test_significance_goes_by_the_settings(lab):
    cases = {
        ("welch_t", name): PAIRS[name]
        for name in ("two and two", "unequal", "skewed", "negative", "a million")
    }
    lab.put("observations2", observations(cases))
    tests = [declared(*case) | {"relation": "lab.observations2"} for case in cases]
    for correction, column in (
        ("holm", "p_value_holm"),
        ("benjamini_hochberg", "p_value_bh"),
    ):
        rows = lab.run(tests, p_value_correction=correction, significance_level=0.2)
        for row in rows.values():
            assert row["is_significant"] == (row[column] <= 0.2)
            assert (row["p_value_correction"], row["significance_level"]) == (
                correction,
                0.2,
            )


# --- Declarations that are wrong -------------------------------------------------


GOOD = {"name": "t", "metric": "order_value", "groups": "shipping_method"}
WRONG = {
    "no name": (
        {"metric": "order_value", "groups": "shipping_method"},
        "the test 'number 1' has no name.",
    ),
    "a name with blanks": (
        GOOD | {"name": "My Test"},
        "the test 'My Test' must have a name in snake case.",
    ),
    "twice": ([GOOD, GOOD], "the test 't' is declared twice; names must differ."),
    "no metric": (
        {"name": "t", "groups": "shipping_method"},
        "the test 't' has no metric.",
    ),
    "no groups": (
        {"name": "t", "metric": "order_value"},
        "the test 't' has no groups.",
    ),
    "unknown key": (
        GOOD | {"mertic": "x"},
        "the test 't' has the unknown key 'mertic'; known keys: ",
    ),
    "unknown kind": (
        GOOD | {"kind": "z_test"},
        "the test 't' has the kind 'z_test', but kinds are: auto, welch_t, ",
    ),
    "unknown column": (
        GOOD | {"metric": "order_valeu"},
        "the test 't' uses the column 'order_valeu' in its metric, which its relation"
        " does not have; its columns are: order_id, ",
    ),
    "unknown column of groups": (
        GOOD | {"groups": "colour"},
        "the test 't' uses the column 'colour' in its groups, which",
    ),
    "unknown column of where": (
        GOOD | {"where": "colour = 'red'"},
        "the test 't' uses the column 'colour' in its where, which",
    ),
    "text as metric": (
        GOOD | {"metric": "product_category"},
        "the test 't' has a metric of type varchar, but it must be a number or true",
    ),
    "unknown relation": (
        GOOD | {"relation": "orders_of_today"},
        "the test 't' has the relation 'orders_of_today', which is no model or seed",
    ),
    "unknown table": (
        GOOD | {"relation": "lab.nowhere"},
        "the test 't' has the relation 'lab.nowhere', which is no table of the",
    ),
    "a bracket left open": (
        GOOD | {"metric": "(order_value"},
        "the test 't' has a bracket in its metric that is never closed.",
    ),
    "a bracket never opened": (
        GOOD | {"metric": "order_value)"},
        "the test 't' has a bracket in its metric that is never opened.",
    ),
    "two statements": (
        GOOD | {"metric": "order_value; drop table x"},
        "the test 't' has ; in its metric, which must be one SQL expression.",
    ),
    "a query": (
        GOOD | {"metric": "(select 1)"},
        "the test 't' has a query in its metric, which must be an expression",
    ),
    "an aggregate": (
        GOOD | {"metric": "avg(order_value)"},
        "the test 't' has the aggregate 'avg' in its metric, but a row",
    ),
    "trials of numbers": (
        GOOD | {"trials": "1", "kind": "welch_t"},
        "the test 't' has trials, which make the metric a share, but welch_t",
    ),
    "groups of shapiro": (
        GOOD | {"kind": "shapiro_wilk"},
        "the test 't' has groups, but shapiro_wilk looks at all values of one metric",
    ),
    "no dict": (["t"], "the test 'number 1' must be a list of keys and values."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_is_refused_with_a_sentence(lab, case):
    test, sentence = WRONG[case]
    message = lab.error(test)
    assert message.startswith("Setting hypothesis_tests: " + sentence), message
    assert message.endswith(".")


def test_tests_that_are_no_list_are_refused(lab):
    built = lab.project.build(
        data=lab.built.data,
        vars={"hypothesis_tests": "order_value"},
        select=EXPERIMENTS,
        again=lab.built,
    )
    message = built.error()
    assert message.startswith("Setting hypothesis_tests must be a list of tests")


def test_no_test_at_all_is_no_row(lab):
    assert lab.run([]) == {}
    assert lab.groups() == {}


# --- The edges -------------------------------------------------------------------


edge = python_edge("experiments/ml_test_p_values.py")


@pytest.mark.parametrize(("n_1", "n_2"), [(1, 1), (1, 5), (2, 3), (4, 4), (3, 6)])
def test_rank_sums_are_counted_order_by_order(n_1, n_2):
    """Every way to draw n_1 of the ranks: its U; both tails of each U."""
    sums = [
        sum(ranks) - n_1 * (n_1 + 1) // 2
        for ranks in itertools.combinations(range(1, n_1 + n_2 + 1), n_1)
    ]
    for u in range(n_1 * n_2 + 1):
        lower = min(u, n_1 * n_2 - u)
        tail = sum(one <= lower for one in sums) / len(sums)
        assert edge.rank_sum_p(u, n_1, n_2) == pytest.approx(min(1, 2 * tail))


def test_both_tails_are_counted():
    assert edge.two_sided_p("t", -2.0, 10, None, None) == pytest.approx(
        2 * stats.t.cdf(-2, 10), rel=1e-12
    )
    assert edge.two_sided_p("normal", 1.0, None, None, None) == pytest.approx(
        2 * stats.norm.sf(1), rel=1e-12
    )
    assert edge.two_sided_p("normal", -0.5, None, None, None) == 1


def test_an_unknown_distribution_is_an_error():
    with pytest.raises(ValueError, match="no distribution is called cauchy"):
        edge.two_sided_p("cauchy", 1.0, None, None, None)


# --- The shipped examples --------------------------------------------------------


def test_the_shipped_tests_are_about_what_they_say(project):
    """Planted: heavy discounts come back three times as often."""
    shop = Shop()
    discounts = []
    for number in range(400):
        heavy = number % 2
        day = dt.date(2025, 5, 12) + dt.timedelta(number % 56)
        shop.touch(f"c{number}", ["email", "meta"][number % 3 == 0], f"{day} 08:00:00")
        value = 100 + 20 * (number % 3 == 0) + number % 7
        shop.order(f"o{number}", f"c{number}", f"{day} 10:00:00", str(value))
        discounts.append(str(value / 3) if heavy else "0")
        # 60 of 200 heavy ones, 20 of 200 others.
        if number // 2 % 10 < (3 if heavy else 1):
            shop.give_back(f"o{number}", f"{day + dt.timedelta(3)} 10:00:00", "5")
    shop.touch("last", "email", "2025-09-30 10:00:00")
    raw = shop.raw()
    raw["orders"]["discount_amount"] = [f"{float(value):.2f}" for value in discounts]
    raw["web_sessions"] = "session_hour,channel,sessions\n" + "".join(
        f"{dt.date(2025, 5, 12) + dt.timedelta(day)} 10:00:00,email,"
        f"{100 if day < 28 else 200}\n"
        for day in range(56)
    )
    built = project.good(raw, select=("+path:models/experiments",))
    rows = {
        row["test_name"]: row
        for row in built.query("select * from marts.statistical_tests").to_dict(
            "records"
        )
    }
    returns = rows["return_rate_by_discount"]
    assert (returns["baseline_group"], returns["compared_group"]) == (
        "light or none",
        "heavy",
    )
    assert returns["difference"] == pytest.approx(60 / 200 - 20 / 200, abs=1e-12)
    assert returns["p_value"] == pytest.approx(
        stats.chi2_contingency([[60, 140], [20, 180]])[1], rel=1e-9
    )
    values = rows["order_value_by_first_touch"]
    assert (values["group_count"], values["row_count"]) == (2, 400)
    assert (values["baseline_group"], values["compared_group"]) == ("email", "meta")
    assert 19 < values["difference"] < 21
    rates = rows["conversion_rate_before_and_after"]
    assert (rates["baseline_group"], rates["compared_group"]) == ("before", "after")
    assert rates["row_count"] == 56
    assert rates["effect_size"] < -0.9
