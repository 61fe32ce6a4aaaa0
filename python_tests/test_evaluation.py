"""The metrics in SQL are scikit-learn's, to 1e-9."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from macro_sql import macro
from scipy.optimize import minimize
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

METRICS = {
    "auc_roc": roc_auc_score,
    "pr_auc": average_precision_score,
    "brier_score": brier_score_loss,
    "log_loss": log_loss,
}


def run(name, frame, **settings):
    """Rows of the query macro `name` on `frame`, with its group called part."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.register("scored", frame)
        return connection.execute(macro(name)("scored", ["part"], **settings)).df()


def metrics(frame):
    """Metrics of each part: part -> metric -> value, None where it is NULL."""
    found = run("binary_metrics", frame)
    return {
        part: {
            metric: None if pd.isna(value) else value
            for metric, value in zip(rows["metric"], rows["value"], strict=True)
        }
        for part, rows in found.groupby("part")
    }


def scored(label, score, part="all"):
    return pd.DataFrame({"part": part, "label": label, "score": score})


def cases():
    rng = np.random.default_rng(3)
    for seed in range(6):
        n = int(rng.integers(30, 3000))
        odds = rng.normal(-1 + seed % 3, 1.5, n)
        score = 1 / (1 + np.exp(-odds))
        label = rng.random(n) < 1 / (1 + np.exp(-(0.3 + 0.7 * odds)))
        yield f"random{seed}", label, score
        yield f"tied{seed}", label, np.round(score, 1)
        yield f"two_scores{seed}", label, np.where(score > 0.5, 0.75, 0.25)
        yield f"inverted{seed}", label, 1 - score
    label = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    yield "certain", label, np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.5])
    yield "constant", label, np.full(8, 0.3)
    yield "rare", np.arange(5000) == 4321, rng.random(5000)


CASES = {name: (label.astype(int), score) for name, label, score in cases()}


@pytest.fixture(scope="module")
def found():
    frames = [scored(label, score, name) for name, (label, score) in CASES.items()]
    return metrics(pd.concat(frames).sample(frac=1, random_state=1))


@pytest.mark.parametrize("case", CASES)
def test_metrics_equal_scikit_learn(found, case):
    label, score = CASES[case]
    for metric, function in METRICS.items():
        assert found[case][metric] == pytest.approx(function(label, score), abs=1e-9), (
            metric
        )
    assert found[case]["observations"] == len(label)
    assert found[case]["outcome_rate"] == pytest.approx(label.mean(), abs=1e-12)
    assert found[case]["mean_probability"] == pytest.approx(score.mean(), abs=1e-12)


def recalibration(label, score):
    """Intercept and slope of the logistic recalibration, by a general optimiser."""
    odds = np.log(score / (1 - score))

    def loss(line):
        z = line[0] + line[1] * odds
        return np.sum(np.logaddexp(0, z) - label * z)

    def gradient(line):
        error = 1 / (1 + np.exp(-(line[0] + line[1] * odds))) - label
        return np.array([error.sum(), (error * odds).sum()])

    return minimize(
        loss, [0.0, 1.0], jac=gradient, method="BFGS", options={"gtol": 1e-9}
    ).x


@pytest.mark.parametrize(
    "case", [name for name in CASES if name.startswith(("random", "two", "inverted"))]
)
def test_calibration_line_is_the_maximum_of_the_likelihood(found, case):
    intercept, slope = recalibration(*CASES[case])
    assert found[case]["calibration_intercept"] == pytest.approx(intercept, abs=1e-5)
    assert found[case]["calibration_slope"] == pytest.approx(slope, abs=1e-5)


def test_a_score_twice_too_sure_has_slope_one_half():
    # Odds of 1 to 3 and 3 to 1 where the score says 1 to 9 and 9 to 1.
    label = np.array([1, 0, 0, 0] * 25 + [1, 1, 1, 0] * 25)
    score = np.repeat([0.1, 0.9], 100)
    found = metrics(scored(label, score))["all"]
    assert found["calibration_slope"] == pytest.approx(0.5, abs=1e-9)
    assert found["calibration_intercept"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_ranking(label):
    found = metrics(scored(np.full(20, label), np.linspace(0.1, 0.9, 20)))["all"]
    assert found["outcome_rate"] == label
    for metric in ("auc_roc", "pr_auc", "calibration_slope", "calibration_intercept"):
        assert found[metric] is None, metric
    assert found["brier_score"] == pytest.approx(
        np.mean((np.linspace(0.1, 0.9, 20) - label) ** 2), abs=1e-12
    )


def test_undefined_lines_are_null_not_numbers():
    label = np.array([0, 0, 1, 1] * 10)
    separated = metrics(scored(label, 0.2 + 0.6 * label))["all"]
    constant = metrics(scored(label, np.full(40, 0.3)))["all"]
    for found in (separated, constant):
        assert found["calibration_slope"] is None
        assert found["calibration_intercept"] is None
    assert separated["auc_roc"] == 1
    assert constant["auc_roc"] == 0.5


def test_rows_without_label_or_score_do_not_count():
    label, score = CASES["tied0"]
    frame = scored(pd.array(label, dtype="Int64"), pd.array(score, dtype="Float64"))
    more = scored(
        pd.array([None, 1, None], dtype="Int64"),
        pd.array([0.9, None, None], dtype="Float64"),
    )
    assert metrics(pd.concat([frame, more]))["all"] == metrics(frame)["all"]


def test_labels_may_be_boolean():
    label, score = CASES["tied1"]
    assert metrics(scored(label == 1, score)) == metrics(scored(label, score))


def test_bins_start_at_the_top_and_add_up():
    rng = np.random.default_rng(5)
    score = rng.random(1000)
    label = (rng.random(1000) < score).astype(int)
    bins = run("score_bins", scored(label, score)).set_index("score_bin").sort_index()
    order = np.argsort(-score)
    assert list(bins.index) == list(range(1, 11))
    for number, rows in enumerate(np.split(order, 10), start=1):
        one = bins.loc[number]
        assert one["observations"] == 100
        assert one["positives"] == label[rows].sum()
        assert one["mean_score"] == pytest.approx(score[rows].mean(), abs=1e-12)
        assert (one["min_score"], one["max_score"]) == (
            score[rows].min(),
            score[rows].max(),
        )
        assert one["lift"] == pytest.approx(
            label[rows].mean() / label.mean(), abs=1e-12
        )
        assert one["captured_share"] == pytest.approx(
            label[order[: 100 * number]].sum() / label.sum(), abs=1e-12
        )


def test_equal_scores_share_the_bin_of_their_middle_rank():
    # 1 of .9; 6 of .5, ranks 2 to 7, middle 4.5; 3 of .1, ranks 8 to 10, middle 9.
    score = np.array([0.9] + [0.5] * 6 + [0.1] * 3)
    label = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    bins = run("score_bins", scored(label, score)).sort_values("score_bin")
    assert list(bins["score_bin"]) == [1, 5, 9]
    assert list(bins["observations"]) == [1, 6, 3]
    assert list(bins["positives"]) == [1, 1, 1]
    halves = run("score_bins", scored(label, score), bins=2).sort_values("score_bin")
    assert list(halves["observations"]) == [7, 3]


def test_bins_without_positives_have_no_lift():
    bins = run("score_bins", scored(np.zeros(20, int), np.linspace(0, 1, 20)))
    assert bins["lift"].isna().all() and bins["captured_share"].isna().all()
    assert (bins["observed_rate"] == 0).all()
