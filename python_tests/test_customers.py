"""Customer marts from raw files: against an oracle, and with shops that are odd."""

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from customer_oracle import FEATURES, CustomerShop
from harness import Shop, python_edge
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import generate

CUSTOMERS = ("+path:models/customers",)
SEGMENTS = (
    "clustering_comparison",
    "int_segment_assignments",
    "int_segment_names",
    "int_segment_history",
    "customer_segments",
)
METRICS = ("+int_customer_snapshots", "+customer_metrics", "+retention_cohorts")
NAMES = {"VIP Champions", "Loyal Regulars", "Promising New", "At-Risk", "Dormant"}
NEW_YORK = {"business_timezone": "America/New_York"}
SHOP = CustomerShop(5, 250)
edge = python_edge("customers/ml_segment_candidates.py")


# --- Features against the oracle -------------------------------------------------


def snapshots(built, table, where="true"):
    """Dict customer -> features, of a table with the columns of customer_metrics."""
    rows = built.query(f"select * from {table} where {where}")
    return {
        row["customer_id"]: {name: row[name] for name in FEATURES}
        for row in rows.to_dict("records")
    }


def assert_same_features(found, expected):
    assert set(found) == set(expected)
    for customer, features in expected.items():
        for name, value in features.items():
            if value is None:
                assert found[customer][name] is None, (customer, name)
            else:
                assert found[customer][name] == pytest.approx(value, abs=1e-9), (
                    customer,
                    name,
                )


@pytest.fixture(scope="module", params=["UTC", "America/New_York"])
def dated(request, project):
    """The generated shop to its last event, its zone and its last date."""
    settings = {"business_timezone": request.param}
    built = project.once("customers", SHOP.raw, vars=settings, select=METRICS)
    as_of = built.value("select as_of from intermediate.int_data_window")
    return built, request.param, as_of


def test_metrics_are_those_of_the_newest_date(dated):
    built, zone, as_of = dated
    found = snapshots(built, "marts.customer_metrics")
    assert_same_features(found, SHOP.features(as_of, zone))


def test_snapshots_of_the_past_know_nothing_later(dated):
    built, zone, as_of = dated
    dates = [
        row[0]
        for row in built.rows(
            "select snapshot_date from intermediate.int_snapshot_dates order by 1"
        )
    ]
    assert len(dates) >= 12
    assert dates[-1] == as_of
    for date in dates:
        found = snapshots(
            built,
            "intermediate.int_customer_snapshots",
            f"snapshot_date = date '{date}'",
        )
        assert_same_features(found, SHOP.features(date, zone))


def test_cohorts_are_counted_customer_by_customer(dated):
    built, zone, as_of = dated
    rows = built.query("select * from marts.retention_cohorts").to_dict("records")
    expected = SHOP.cohorts(as_of, zone)
    assert len(rows) == len(expected)
    for row in rows:
        customers, active, cents = expected[
            row["cohort_month"], row["months_since_first_order"]
        ]
        assert (row["customers"], row["active_customers"]) == (customers, active)
        assert row["retention_rate"] == pytest.approx(active / customers, abs=1e-12)
        assert row["revenue"] == pytest.approx(cents / 100, abs=1e-6)


@pytest.fixture(scope="module")
def past(project):
    """The shop as of a day in the past, by the setting, with everything built."""
    return project.good(SHOP.raw(), vars={"as_of": "2024-12-15"}, select=CUSTOMERS)


def test_as_of_sets_the_newest_date(past):
    found = snapshots(past, "marts.customer_metrics")
    assert_same_features(found, SHOP.features(dt.date(2024, 12, 15)))
    assert past.rows("select distinct as_of from marts.churn_risk") == [
        (dt.date(2024, 12, 15),)
    ]


def test_what_happens_later_changes_nothing(project, past):
    """The shop whose files end on the day gives the same marts, to the last digit."""
    date = dt.date(2024, 12, 15)
    raw = SHOP.raw(until=date)
    # The day has an event: as_of would be another one otherwise.
    raw["touchpoints"].loc[0, "touched_at"] = "2024-12-15 12:00:00"
    truncated = project.good(raw, select=CUSTOMERS)
    schemas = ("marts", "intermediate", "ml")
    before, after = past.tables(*schemas), truncated.tables(*schemas)
    # Orders are those of the files; who looks at them stops at as_of.
    for tables in (before, after):
        del tables["intermediate.int_customer_orders"]
    assert list(before) == list(after)
    assert any(rows for _, rows in before.values())
    for table in before:
        assert before[table] == after[table], table


def test_outcomes_are_those_of_the_days_after(past):
    rows = past.rows(
        "select snapshot_date, customer_id, churned"
        " from intermediate.int_churn_examples where churned is not null"
    )
    dates = {date for date, _, _ in rows}
    assert len(dates) >= 3
    assert max(dates) == dt.date(2024, 12, 15) - dt.timedelta(90)
    within = {date: SHOP.ordered_within(date, 90) for date in dates}
    for date, customer, churned in rows:
        assert churned == int(customer not in within[date]), (date, customer)
    assert {churned for _, _, churned in rows} == {0, 1}


# --- The demo company ------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(project, tmp_path_factory):
    """The demo company at scale 0.04, with its true kinds."""
    folder = tmp_path_factory.mktemp("customers") / "data"
    settings = generate.Settings(0.04, 20240101)
    generate.generate(folder, settings, say=lambda _: None)
    built = project.good(data=folder, select=(*CUSTOMERS, "+path:models/kpis"))
    built.data = folder
    return built


def kinds(built):
    return pd.read_parquet(built.data / "truth" / "customers.parquet").set_index(
        "customer_id"
    )["kind"]


def segments(built):
    rows = built.query("select customer_id, segment from marts.customer_segments")
    return rows.set_index("customer_id")["segment"]


def test_segments_recover_the_planted_kinds(demo):
    found, truth = segments(demo), kinds(demo)
    assert set(found) == NAMES
    assert adjusted_rand_score(truth[found.index], found) >= 0.75
    named = pd.crosstab(found, truth[found.index]).idxmax(axis=1).to_dict()
    assert named == {
        "VIP Champions": "vip",
        "Loyal Regulars": "loyal",
        "Promising New": "new",
        "At-Risk": "at_risk",
        "Dormant": "dormant",
    }


def test_the_selected_clustering_is_stable_and_the_trap_is_not_taken(demo):
    ((stability, scaling, clusters),) = demo.rows(
        "select stability_ari, feature_scaling, clusters"
        " from marts.clustering_comparison where is_selected"
    )
    assert (scaling, clusters) == ("unskewed", 5)
    assert stability >= 0.9
    best = demo.value(
        "select parameters from marts.clustering_comparison"
        " order by silhouette desc nulls last limit 1"
    )
    assert best == "k=2, standard features"


def test_a_month_more_keeps_the_names(project, demo):
    before = project.good(
        data=demo.data, vars={"as_of": "2025-11-30"}, select=("+customer_segments",)
    )
    old, new = segments(before), segments(demo)
    assert set(old) == set(new) == NAMES
    both = pd.crosstab(old, new[old.index])
    for name in NAMES:
        assert both.loc[name].idxmax() == name
    assert adjusted_rand_score(old, new[old.index]) >= 0.6


def test_features_are_scaled_before_they_are_clustered(demo):
    """Against moments by numpy and powers by least skewness."""
    metrics = demo.query("select * from marts.customer_metrics where total_orders > 0")
    sample = demo.query("select * from intermediate.int_segment_sample").set_index(
        "customer_id"
    )
    for feature in (
        "days_since_last_order",
        "total_orders",
        "total_spend",
        "orders_last_180_days",
    ):
        raw = metrics.set_index("customer_id")[feature].astype(float)
        powers = {"none": raw, "sqrt": np.sqrt(raw), "log": np.log1p(raw)}
        scaled = {name: (v - v.mean()) / v.std(ddof=0) for name, v in powers.items()}
        least = min(scaled, key=lambda name: abs((scaled[name] ** 3).mean()))
        for scaling, power in (("standard", "none"), ("unskewed", least)):
            part = sample[sample["feature_scaling"] == scaling][feature].astype(float)
            assert len(part) == len(raw)
            expected = scaled[power][part.index]
            if scaling == "unskewed":
                expected = expected.clip(-3, 3)
            np.testing.assert_allclose(part, expected, rtol=1e-7, atol=1e-7)


def test_every_customer_is_in_the_nearest_cluster(demo):
    centers = demo.query(
        "select candidates.* from intermediate.int_segment_candidates as candidates"
        " inner join marts.clustering_comparison as comparison using (parameters)"
        " where comparison.is_selected order by candidates.cluster_id"
    )
    sample = demo.query(
        "select * from intermediate.int_segment_sample"
        " where feature_scaling = 'unskewed' order by customer_id"
    )
    features = list(sample.columns[2:-1])
    points = sample[features].to_numpy(float)
    distances = np.linalg.norm(
        points[:, None] - centers[features].to_numpy(float)[None], axis=2
    )
    found = demo.query("select * from marts.customer_segments order by customer_id")
    assert list(found["customer_id"]) == list(sample["customer_id"])
    assert list(found["cluster_id"]) == list(distances.argmin(axis=1))
    np.testing.assert_allclose(
        found["distance_to_center"].astype(float), distances.min(axis=1), atol=1e-9
    )


# --- Churn on the demo company ---------------------------------------------------


def churn_predictions(built, data_split):
    return built.query(
        "select * from intermediate.int_churn_predictions"
        f" where data_split = '{data_split}' and churned is not null"
    ).astype(
        dict.fromkeys(
            ("churned", "gradient_boosting", "logistic_regression", "base_rate"), float
        )
    )


def churn_metrics(built):
    return {
        row[:3]: row[3]
        for row in built.rows(
            "select candidate, data_split, metric, value"
            " from intermediate.int_churn_metrics"
        )
    }


@pytest.mark.parametrize("data_split", ["test", "validation"])
def test_churn_metrics_are_those_of_scikit_learn(demo, data_split):
    predictions, found = churn_predictions(demo, data_split), churn_metrics(demo)
    churned = predictions["churned"]
    for candidate in ("gradient_boosting", "logistic_regression", "base_rate"):
        probability = predictions[candidate]
        expected = {
            "observations": len(churned),
            "outcome_rate": churned.mean(),
            "mean_probability": probability.mean(),
            "auc_roc": roc_auc_score(churned, probability),
            "pr_auc": average_precision_score(churned, probability),
            "brier_score": brier_score_loss(churned, probability),
            "log_loss": log_loss(churned, probability),
        }
        if candidate != "base_rate":
            odds = np.log(probability / (1 - probability)).to_numpy()[:, None]
            line = LogisticRegression(
                C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky"
            )
            line.fit(odds, churned)
            expected["calibration_slope"] = line.coef_[0, 0]
            expected["calibration_intercept"] = line.intercept_[0]
        for metric, value in expected.items():
            assert found[candidate, data_split, metric] == pytest.approx(
                value, abs=1e-6 if metric.startswith("calibration") else 1e-9
            ), (candidate, metric)
    if data_split == "validation":
        # Of half the customers' rates, so all but the same for all.
        assert found["base_rate", data_split, "calibration_slope"] is None


def test_churn_is_told_ahead(demo):
    """Better than both baselines on a date whose outcomes came after the training."""
    found = churn_metrics(demo)
    test = {key[::2]: value for key, value in found.items() if key[1] == "test"}
    boosting, base = test["gradient_boosting", "auc_roc"], test["base_rate", "auc_roc"]
    assert base == pytest.approx(0.5)
    assert boosting >= 0.85
    assert boosting >= test["logistic_regression", "auc_roc"] - 0.01
    brier = "brier_score"
    assert test["gradient_boosting", brier] < 0.8 * test["base_rate", brier]
    # 1,600 customers: a standard error of about .05.
    assert 0.75 <= test["gradient_boosting", "calibration_slope"] <= 1.25
    # As of the end dormant customers do not come back, champions do.
    risks = demo.query("select * from marts.churn_risk").set_index("customer_id")
    by_kind = risks["churn_probability"].astype(float).groupby(kinds(demo)).mean()
    assert by_kind["dormant"] > 0.9
    assert by_kind["vip"] < 0.1


def test_the_test_is_later_than_what_was_learned(demo):
    dates = dict(
        demo.rows(
            "select data_split, max(cutoff_date) from intermediate.int_churn_cutoffs"
            " where data_split <> 'history' group by 1"
        )
    )
    assert dates == {"open": dt.date(2025, 9, 30), "test": dt.date(2025, 6, 30)}
    scored = dict(
        demo.rows(
            "select data_split, max(snapshot_date)"
            " from intermediate.int_churn_predictions group by 1"
        )
    )
    assert scored["test"] == dt.date(2025, 10, 2)
    assert scored["open"] == dt.date(2025, 12, 31)
    assert scored["validation"] == dt.date(2025, 9, 30)


def test_customer_kpis(demo):
    values = dict(
        demo.rows(
            "select kpi, value from marts.kpi_values"
            " where period_start = date '2025-12-01'"
            " and kpi in ('vip_retention_rate', 'at_risk_customers')"
        )
    )
    flagged = demo.value("select count(*) from marts.churn_risk where is_at_risk")
    assert values["at_risk_customers"] == flagged > 0
    assert 0.9 <= values["vip_retention_rate"] <= 1


# --- Odd shops -------------------------------------------------------------------


def built_shop(project, rows, tests=False):
    """A shop of orders (customer, time, value), and no table that it could lack."""
    shop = Shop()
    shop.touch("nobody", "email", rows[0][1])
    for number, (customer, at, value) in enumerate(rows):
        shop.order(f"o{number}", customer, at, value)
    raw = shop.raw()
    del raw["returns"], raw["marketing_spend"]
    return project.good(raw, select=CUSTOMERS, tests=tests)


def test_a_single_customer_is_no_segment(project):
    built = built_shop(project, [("a", "2025-01-10 12:00:00", "50")], tests=True)
    assert built.rows("select segment from marts.customer_segments") == [
        ("All Customers",)
    ]
    assert built.rows(
        "select churn_probability, is_at_risk, candidate from marts.churn_risk"
    ) == [(None, None, None)]
    assert built.rows(
        "select return_rate, email_engagement, avg_days_between_orders"
        " from marts.customer_metrics"
    ) == [(None, None, None)]
    assert built.value("select count(*) from intermediate.int_churn_metrics") == 0
    assert built.rows(
        "select customers, retention_rate, revenue_share from marts.segment_profiles"
    ) == [(1, None, 1.0)]


def test_identical_customers_are_not_divided(project):
    rows = [(f"c{n}", "2025-01-10 12:00:00", "0") for n in range(40)]
    built = built_shop(project, rows)
    assert built.rows(
        "select segment, count(*) from marts.customer_segments group by 1"
    ) == [("All Customers", 40)]
    assert built.rows("select parameters from marts.clustering_comparison") == [
        ("k=1, unskewed features",)
    ]
    # Nothing was earned, so there is nothing to share.
    assert built.rows("select revenue_share from marts.segment_profiles") == [(None,)]


def test_nobody_ever_leaves(project):
    """One outcome only: no model, and the base rate stops short of certainty."""
    rows = [
        (
            f"c{n}",
            f"2025-{month:02d}-{1 + n % 28:02d} 12:00:00",
            f"{10 + n}.{month:02d}",
        )
        for n in range(60)
        for month in range(1, 13)
    ]
    built = built_shop(project, rows)
    assert built.rows(
        "select distinct candidate, is_at_risk from marts.churn_risk"
    ) == [("base_rate", None)]
    (probability,) = {
        row[0] for row in built.rows("select churn_probability from marts.churn_risk")
    }
    # Three month ends with 60 customers each, none of whom was lost.
    assert probability == pytest.approx(1 / 182)
    metrics = churn_metrics(built)
    assert metrics["base_rate", "test", "auc_roc"] is None
    assert metrics["base_rate", "test", "outcome_rate"] == 0
    assert ("gradient_boosting", "test", "auc_roc") not in metrics


def test_twenty_orders(project):
    rows = [
        (f"c{n % 9}", f"2025-{1 + n % 12:02d}-05 12:00:00", str(10 + n * n))
        for n in range(20)
    ]
    built = built_shop(project, rows)
    assert built.value("select sum(total_orders) from marts.customer_metrics") == 20
    assert built.value("select count(*) from marts.customer_segments") == 9
    assert built.value("select count(distinct is_at_risk) from marts.churn_risk") == 0


def test_a_few_giants_are_not_the_segments(project):
    """The best silhouette parts a handful of buyers from all the others."""
    random = np.random.default_rng(4)
    rows = []
    for number in range(700):
        giant = number < 4
        for _ in range(60 if giant else 1 + random.poisson(random.exponential(3))):
            day = dt.date(2025, 1, 1) + dt.timedelta(int(random.integers(0, 360)))
            value = random.lognormal(9 if giant else 4, 0.8)
            rows.append((f"c{number}", f"{day} 12:00:00", f"{value:.2f}"))
    built = built_shop(project, rows)
    comparison = built.query(
        "select * from marts.clustering_comparison order by silhouette desc nulls last"
    )
    trap = comparison.iloc[0]
    assert trap["smallest_cluster_share"] < 0.01
    assert trap["rejection_reason"] == "smallest cluster under 1 % of customers"
    (chosen,) = comparison[comparison["is_selected"]].to_dict("records")
    assert chosen["smallest_cluster_share"] >= 0.01
    assert chosen["feature_scaling"] == "unskewed"
    sizes = [
        row[0]
        for row in built.rows("select customer_share from marts.segment_profiles")
    ]
    assert len(sizes) == 5
    assert min(sizes) >= 0.01


def test_the_project_builds_without_python(project):
    built = project.good(
        SHOP.raw(),
        select=("path:models", "path:seeds", "--exclude", "tag:python"),
    )
    assert built.value("select count(*) from marts.customer_metrics") > 200
    assert built.value("select count(*) from marts.retention_cohorts") > 50
    assert built.value("select count(*) from marts.customer_segments") == 0
    assert built.rows("select distinct churn_probability from marts.churn_risk") == [
        (None,)
    ]
    assert built.rows(
        "select distinct status from marts.kpi_values"
        " where kpi in ('vip_retention_rate', 'at_risk_customers')"
    ) == [("no_data",)]


def test_five_seeds_find_the_same_centres(demo):
    """Names are ranks of the clusters: the same centres have the same names."""
    sample = demo.query(
        "select * from intermediate.int_segment_sample"
        " where feature_scaling = 'unskewed' order by draw, customer_id"
    )
    features = list(sample.columns[2:-1])
    centers = demo.query(
        "select candidates.* from intermediate.int_segment_candidates as candidates"
        " inner join marts.clustering_comparison as comparison using (parameters)"
        " where comparison.is_selected order by candidates.cluster_id"
    )[features].to_numpy(float)
    points = sample[features].to_numpy(float)
    for seed in (1, 2, 3, 4):
        found = edge.fit_kmeans(points, len(centers), seed)
        np.testing.assert_allclose(found, centers, atol=0.02)


# Last of all: what the demo's segments are is changed here.
def test_the_seed_of_the_settings_is_that_of_the_fits(project, demo):
    """Other bootstrap samples, the same segments."""
    before = segments(demo)
    scores = demo.rows("select distinct stability_ari from ml.ml_segment_candidates")
    again = project.good(
        data=demo.data,
        vars={"random_seed": 7},
        select=("ml_segment_candidates", "int_segment_candidates", *SEGMENTS),
        again=demo,
    )
    after = segments(again)
    assert set(after) == NAMES
    assert (after[before.index] == before).mean() >= 0.99
    assert scores != again.rows(
        "select distinct stability_ari from ml.ml_segment_candidates"
    )


def test_any_number_of_segments_has_names_of_its_own(project, demo):
    for wanted, expected in (
        (2, {"Loyal Regulars", "Dormant"}),
        (7, NAMES | {"Loyal Regulars 2", "Loyal Regulars 3"}),
        ("auto", None),
    ):
        again = project.good(
            data=demo.data,
            vars={"n_segments": wanted},
            select=SEGMENTS,
            again=demo,
        )
        found = set(segments(again))
        assert expected is None or found == expected
        selected, clusters, reason = again.rows(
            "select count(*), max(clusters), max(rejection_reason)"
            " from marts.clustering_comparison where is_selected"
        )[0]
        assert (selected, clusters, reason) == (1, len(found), None)
