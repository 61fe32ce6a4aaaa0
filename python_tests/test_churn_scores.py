"""The Python edge behind churn_risk, on customers whose chances are known."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from harness import python_edge
from sklearn.metrics import roc_auc_score

edge = python_edge("customers/ml_churn_scores.py")
FEATURES = ["silence", "orders"]
MODELS = ("gradient_boosting", "logistic_regression")


def customers(seed, size, effect=2.0):
    """Examples whose log-odds of churn are `effect` times log silence, less a bit."""
    random = np.random.default_rng(seed)
    silence = random.lognormal(3, 1, size)
    chance = 1 / (1 + np.exp(-effect * (np.log(silence) - 3)))
    return pd.DataFrame(
        {
            "snapshot_date": pd.Timestamp("2025-01-31"),
            "customer_id": [f"c{seed}-{number:05d}" for number in range(size)],
            "is_training_example": True,
            "is_scored": True,
            "fold_draw": random.random(size),
            "silence": silence,
            "orders": random.integers(1, 9, size).astype(float),
            "chance": chance,
            "churned": (random.random(size) < chance).astype(int),
        }
    )


def fitted(training, new, features=FEATURES):
    with edge.threadpool_limits(1):
        return edge.fit_and_score(training, new, features, 1)


def test_chances_are_found_and_not_turned_round():
    training, new = customers(1, 3000), customers(2, 3000)
    scores, left_out = fitted(training, new)
    best = roc_auc_score(new["churned"], new["chance"])
    for name in MODELS:
        auc = roc_auc_score(new["churned"], scores[name])
        assert best - 0.03 < auc < best + 0.005
        # As likely as said, for the careful and for the careless.
        assert np.mean(np.abs(scores[name] - new["chance"])) < 0.06
        assert left_out[name].mean() == pytest.approx(
            training["churned"].mean(), abs=0.01
        )
    rate = (training["churned"].sum() + 1) / 3002
    assert set(scores["base_rate"]) == set(left_out["base_rate"]) == {rate}


class Careless:
    """Knows the true order of chances, and is three times too sure of them."""

    def fit(self, features, outcome):
        return self

    def predict_proba(self, features):
        odds = 3 * 2.0 * (np.log(features[:, 0]) - 3)
        ones = 1 / (1 + np.exp(-odds))
        return np.column_stack([1 - ones, ones])


def test_a_model_too_sure_of_itself_is_mended():
    training, new = customers(17, 4000), customers(18, 4000)
    model = edge.Calibrated(lambda seed: Careless(), 1).fit(
        training[FEATURES].to_numpy(),
        training["churned"].to_numpy(),
        (training["fold_draw"].to_numpy() * edge.FOLDS).astype(int),
    )
    known = training["chance"].between(0.02, 0.98)
    assert np.abs(model.out_of_fold - training["chance"])[known].mean() < 0.02
    found = model.predict(new[FEATURES].to_numpy())
    known = new["chance"].between(0.02, 0.98)
    assert np.abs(found - new["chance"])[known].mean() < 0.02
    careless = Careless().predict_proba(new[FEATURES].to_numpy())[:, 1]
    assert np.abs(careless - new["chance"])[known].mean() > 0.1


def test_left_out_scores_are_of_customers_never_seen():
    """With nothing to learn, only a model that saw the customer knows the outcome."""
    training = customers(3, 2000, effect=0)
    _, left_out = fitted(training, customers(4, 10))
    for name in MODELS:
        # Two standard errors are .026.
        assert abs(roc_auc_score(training["churned"], left_out[name]) - 0.5) < 0.05


def test_folds_are_of_customers_not_of_rows():
    """The same customers on three dates: their outcomes are no help for themselves."""
    one = customers(5, 700, effect=0)
    training = pd.concat([one, one, one], ignore_index=True)
    _, left_out = fitted(training, one)
    for name in MODELS:
        assert abs(roc_auc_score(training["churned"], left_out[name]) - 0.5) < 0.08


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_only_teaches_nothing(outcome):
    training = customers(6, 200).assign(churned=outcome)
    scores, left_out = fitted(training, customers(7, 5))
    for name in MODELS:
        assert np.isnan(scores[name]).all()
        assert np.isnan(left_out[name]).all()
    assert scores["base_rate"] == pytest.approx([(200 * outcome + 1) / 202] * 5)


def test_too_few_of_one_outcome_teach_nothing():
    training = customers(8, 400)
    training["churned"] = (np.arange(400) < 40).astype(int)
    scores, _ = fitted(training, customers(9, 5))
    assert np.isnan(scores["gradient_boosting"]).all()


def test_nobody_to_learn_from_and_nobody_to_score():
    some = customers(10, 300)
    scores, _ = fitted(some.iloc[:0], some)
    assert all(np.isnan(scores[name]).all() for name in edge.CANDIDATES)
    scores, left_out = fitted(some, some.iloc[:0])
    assert all(len(scores[name]) == 0 for name in edge.CANDIDATES)
    assert np.isfinite(left_out["gradient_boosting"]).all()


def test_gaps_constants_and_infinities_do_no_harm():
    training, new = customers(11, 1500), customers(12, 500)
    best = roc_auc_score(new["churned"], new["chance"])
    for frame in (training, new):
        frame["nothing"] = np.nan
        frame["constant"] = 7.0
        frame["gaps"] = frame["orders"].where(frame["orders"] > 3)
        frame.loc[frame.index[:20], "orders"] = np.inf
        frame.loc[frame.index[20:40], "orders"] = -np.inf
    scores, _ = fitted(training, new, [*FEATURES, "nothing", "constant", "gaps"])
    for name in MODELS:
        assert np.isfinite(scores[name]).all()
        assert roc_auc_score(new["churned"], scores[name]) > best - 0.04


def test_a_model_sees_the_training_rows_of_its_cut_offs_only():
    """Rows of other dates, and rows not drawn, would turn the model round."""
    asked = []
    right = customers(13, 1200)
    wrong = customers(14, 1200)
    wrong["churned"] = 1 - wrong["churned"]
    wrong["is_training_example"] = False
    score_date, cutoff = dt.datetime(2025, 6, 30), dt.datetime(2025, 3, 31)

    def examples_of(date):
        asked.append(date)
        both = pd.concat([right, wrong], ignore_index=True)
        if date == score_date:
            both["churned"] = np.nan
        return both.assign(snapshot_date=date)

    cutoffs = pd.DataFrame(
        {"score_date": [score_date], "data_split": ["open"], "cutoff_date": [cutoff]}
    )
    found = edge.score_dates(cutoffs, examples_of, FEATURES, 1)
    assert set(asked) == {score_date, cutoff}
    parts = dict(list(found.groupby("data_split")))
    assert set(parts) == {"open", "validation"}
    assert set(parts["open"]["snapshot_date"]) == {score_date}
    assert set(parts["validation"]["snapshot_date"]) == {cutoff}
    assert list(parts["validation"]["customer_id"]) == list(right["customer_id"])
    truth = pd.concat([right, wrong])["chance"]
    assert roc_auc_score(truth > 0.5, parts["open"]["gradient_boosting"]) > 0.95


def test_no_date_gives_an_empty_frame_with_its_columns():
    cutoffs = pd.DataFrame({"score_date": [], "data_split": [], "cutoff_date": []})
    found = edge.score_dates(cutoffs, None, FEATURES, 1)
    assert len(found) == 0
    assert {name: str(kind) for name, kind in found.dtypes.items()} == edge.COLUMNS


def test_the_same_data_give_the_same_scores():
    training, new = customers(15, 800), customers(16, 100)
    first, second = (fitted(training, new)[0] for _ in range(2))
    for name in edge.CANDIDATES:
        assert list(first[name]) == list(second[name])
