"""Return prediction: features know nothing later, tests are honest, reasons add up."""

import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
import return_shop
from harness import python_edge
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from demo import generate

validation_edge = python_edge("returns/ml_return_validation.py")
score_edge = python_edge("returns/ml_return_scores.py")
models = score_edge.models

RETURNS = ("+path:models/returns",)
WINDOW = 14
SETTINGS = {
    "return_window_days": WINDOW,
    "return_extra_features": ["Brand", "weight"],
}


def learned(seed, size, effect=1.5):
    """Features, outcomes and chances of orders of which the first feature tells."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(size, 4))
    features[random.random(size) < 0.2, 1] = np.nan
    chance = 1 / (
        1 + np.exp(1.5 - effect * (features[:, 0] > 0.5) - 0.3 * features[:, 2])
    )
    return features, (random.random(size) < chance).astype(float), chance


NAMES = ["a", "b", "c__return_rate", "d"]


def all_models(features, outcome):
    yield models.Boosting(8, 100, 1).fit(features, outcome, NAMES)
    yield models.Regression().fit(features, outcome, NAMES)


# --- The Python edges ---------------------------------------------------------------


def test_reasons_add_up_to_the_log_odds():
    features, outcome, _ = learned(1, 4000)
    new = learned(2, 500)[0]
    for model in all_models(features, outcome):
        values, start = model.explain(new)
        assert np.abs(values.sum(axis=1) + start - model.log_odds(new)).max() < 1e-9
        assert np.abs(values).mean(axis=0).argmax() == 0


def test_chances_are_found_and_not_turned_round():
    features, outcome, _ = learned(3, 8000)
    new, new_outcome, chance = learned(4, 4000)
    best = roc_auc_score(new_outcome, chance)
    for model in all_models(features, outcome):
        score = 1 / (1 + np.exp(-model.log_odds(new)))
        assert best - 0.05 < roc_auc_score(new_outcome, score) < best + 0.01
        # The chance has a step, which no line follows.
        bound = 0.05 if isinstance(model, models.Boosting) else 0.09
        assert np.abs(score - chance).mean() < bound


def test_a_higher_known_rate_never_lowers_the_risk():
    features, outcome, _ = learned(5, 3000)
    model = models.Boosting(16, 200, 1).fit(features, outcome, NAMES)
    row = np.repeat(features[:50], 40, axis=0)
    row[:, 2] = np.tile(np.linspace(-3, 3, 40), 50)
    steps = np.diff(model.log_odds(row).reshape(50, 40), axis=1)
    assert steps.min() >= 0 and steps.max() > 0


def test_gaps_constants_and_infinities_do_no_harm():
    features, outcome, _ = learned(6, 3000)
    features[:, 3] = np.nan
    features[:20, 0], features[20:40, 0] = np.inf, -np.inf
    features = models.finite(np.column_stack([features, np.full(3000, 7.0)]))
    names = [*NAMES, "constant"]
    for model in (models.Boosting(4, 50, 1), models.Regression()):
        model.fit(features, outcome, names)
        values, start = model.explain(features)
        assert np.isfinite(model.log_odds(features)).all()
        assert (values[:, 3:] == 0).all()
        assert (
            np.abs(values.sum(axis=1) + start - model.log_odds(features)).max() < 1e-9
        )


@pytest.mark.parametrize("outcome", [np.zeros(200), np.ones(200), np.arange(200) < 24])
def test_too_few_of_one_outcome_leave_the_base_rate(outcome):
    outcome = outcome.astype(float)
    features = learned(7, 200)[0]
    found = models.tried(features, outcome, features, NAMES, 1)
    assert list(found) == [("base_rate", "")]
    chance = 1 / (1 + np.exp(-found["base_rate", ""]))
    assert chance == pytest.approx(np.full(200, (outcome.sum() + 1) / 202))


def examples(seed, size=3000):
    """Examples on days 0 to 99, as the edges read them."""
    features, outcome, _ = learned(seed, size)
    frame = pd.DataFrame(features, columns=NAMES)
    frame["order_id"] = [f"o{number:05d}" for number in range(size)]
    frame["day_number"] = np.arange(size) * 100 // size
    frame["data_split"] = "train"
    frame["is_learnt_from"] = True
    frame["outcome"] = outcome
    return frame


FITS = pd.DataFrame(
    {
        "fit": ["final", "validation_1", "validation_2"],
        "learns_until": [99, 45, 70],
        "tried_from": [np.nan, 50, 75],
        "tried_until": [np.nan, 74, 99],
    }
)


def test_trials_learn_from_earlier_days_only():
    """Outcomes turned round after the last day learnt from change nothing."""
    frame = examples(8)
    turned = frame.copy()
    late = turned["day_number"] > 70
    turned.loc[late, "outcome"] = 1 - turned.loc[late, "outcome"]
    with models_limited():
        found = validation_edge.validate(frame, FITS, NAMES, 1)
        same = validation_edge.validate(turned, FITS, NAMES, 1)
    pd.testing.assert_frame_equal(found, same)
    days = frame.set_index("order_id")["day_number"]
    tried = found.assign(day=days.loc[found["order_id"]].to_numpy()).groupby("fit")[
        "day"
    ]
    assert tried.min().to_dict() == {"validation_1": 50, "validation_2": 75}
    assert tried.max().to_dict() == {"validation_1": 74, "validation_2": 99}
    earlier = frame.copy()
    known = earlier["day_number"] <= 45
    earlier.loc[known, "outcome"] = 1 - earlier.loc[known, "outcome"]
    with models_limited():
        other = validation_edge.validate(earlier, FITS, NAMES, 1)
    assert (other["log_odds"] != found["log_odds"]).mean() > 0.9


def models_limited():
    return score_edge.threadpool_limits(1)


CHOICE = pd.DataFrame(
    {
        "candidate": list(models.CANDIDATES),
        "setting": ["leaves=4,trees=50", "", "leaves=4,trees=50", ""],
        "is_selected": [True, False, False, False],
    }
)


def test_scores_come_from_orders_learnt_from_alone():
    """Whatever the outcome of a test order, no score changes."""
    frame = examples(9)
    test = frame["day_number"] >= 80
    frame.loc[test, ["data_split", "is_learnt_from"]] = ["test", False]
    turned = frame.copy()
    turned.loc[test, "outcome"] = 1 - turned.loc[test, "outcome"]
    with models_limited():
        found = score_edge.score(frame, CHOICE, NAMES, 1)
        same = score_edge.score(turned, CHOICE, NAMES, 1)
    pd.testing.assert_frame_equal(found, same)
    rate = frame.loc[~test, "outcome"]
    assert found["base_rate"].iloc[0] == pytest.approx(models.base_log_odds(rate))
    shap = found[[f"shap_{name}" for name in NAMES]].sum(axis=1)
    left = found["gradient_boosting"] - found["gradient_boosting_start"] - shap
    assert left.abs().max() < 1e-9


def test_a_blend_is_the_mean_of_both_log_odds():
    """In the scores, in the trials, and with the setting of its trees."""
    with models_limited():
        found = score_edge.score(examples(12), CHOICE, NAMES, 1)
        parts = ["gradient_boosting", "logistic_regression"]
        np.testing.assert_allclose(
            found["blend"], found[parts].mean(axis=1), rtol=0, atol=1e-12
        )
        tried = validation_edge.validate(examples(12), FITS, NAMES, 1)
    keys = ["candidate", "setting", "fit", "order_id"]
    tried = tried.set_index(keys)["log_odds"].sort_index()
    regression = tried["logistic_regression", ""]
    for setting in ("leaves=4,trees=50", "leaves=16,trees=200"):
        boosting, blend = tried["gradient_boosting", setting], tried["blend", setting]
        assert boosting.std() > 0 and (boosting - blend).abs().max() > 1e-3
        pd.testing.assert_series_equal(
            blend, (boosting + regression) / 2, check_names=False, rtol=0, atol=1e-12
        )


@pytest.mark.parametrize("selected", range(4))
def test_reasons_are_those_of_the_chosen_candidate(selected):
    choice = CHOICE.assign(is_selected=np.arange(4) == selected)
    with models_limited():
        found = score_edge.score(examples(10), choice, NAMES, 1)
    chosen = choice["candidate"][selected]
    shap = found[[f"shap_{name}" for name in NAMES]].sum(axis=1)
    assert (found[chosen] - found[f"{chosen}_start"] - shap).abs().max() < 1e-9
    assert (shap.std() > 0) == (chosen != "base_rate")


def test_the_edges_know_empty_input():
    frame = examples(11).iloc[:0]
    assert list(validation_edge.validate(frame, FITS, NAMES, 1).columns) == list(
        validation_edge.COLUMNS
    )
    found = score_edge.score(frame, CHOICE.iloc[3:], NAMES, 1)
    assert len(found) == 0 and "shap_a" in found and "logistic_regression" in found


# --- A shop with known chances ----------------------------------------------------


@pytest.fixture(scope="module")
def orders():
    return return_shop.draw(1)


@pytest.fixture(scope="module")
def shop(project, orders):
    return project.good(
        return_shop.raw(orders),
        vars=SETTINGS,
        select=RETURNS,
        tests=True,
    )


def features_of(built):
    return built.query("select * from intermediate.int_return_features").set_index(
        "order_id"
    )


def test_features_are_those_of_the_evening_before(shop, orders):
    found = features_of(shop).astype(float)
    live = orders[orders["status"] == ""]["order_id"]
    assert sorted(found.index) == sorted(live)
    sample = live.iloc[:60].tolist() + live.iloc[60::23].tolist()
    expected = return_shop.features(orders, WINDOW, sample).astype(float)
    assert set(expected.columns) == set(found.columns)
    for column in expected:
        assert found.loc[list(expected.index), column].to_numpy() == pytest.approx(
            expected[column].to_numpy(), rel=1e-9, nan_ok=True
        ), column


def test_features_do_not_change_with_what_comes_later(project, shop, orders):
    until = "2024-05-31"
    cut = project.good(
        return_shop.raw(orders, until), vars=SETTINGS, select=("+int_return_features",)
    )
    whole, part = features_of(shop), features_of(cut)
    assert 2000 < len(part) < len(whole)
    pd.testing.assert_frame_equal(part.sort_index(), whole.loc[part.index].sort_index())


def test_as_of_in_the_past_reads_as_it_did_then(project, orders):
    until = "2024-05-31"
    names = ("int_return_orders", "int_return_examples")
    columns = {
        name: f"select * from intermediate.{name} order by order_id" for name in names
    }
    cut = project.good(
        return_shop.raw(orders, until),
        vars={**SETTINGS, "as_of": until},
        select=("+int_return_examples",),
    )
    back = project.good(
        return_shop.raw(orders),
        vars={**SETTINGS, "as_of": until},
        select=("+int_return_examples",),
    )
    for name in names:
        pd.testing.assert_frame_equal(
            back.query(columns[name]), cut.query(columns[name])
        )


def predictions(built):
    found = built.query("select * from marts.return_predictions")
    return found.astype({"return_probability": float, "log_odds": float})


def test_splits_follow_time_and_outcomes_the_window(shop, orders):
    found = predictions(shop).set_index("order_id")
    truth = orders.set_index("order_id").loc[found.index]
    day = truth["ordered_at"].dt.normalize()
    as_of = pd.Timestamp(shop.value("select as_of from intermediate.int_data_window"))
    window = pd.Timedelta(days=WINDOW)
    is_open = day + window > as_of
    assert (found["data_split"] == "open").equals(is_open)
    back = (truth["returned_on"] - day) <= window
    assert (found["was_returned"][~is_open] == back[~is_open]).all()
    assert found["was_returned"][is_open].isna().all()
    test_from = day[found["data_split"] == "test"].min()
    assert (day[found["data_split"] == "train"] < test_from).all()
    share = (found["data_split"] == "test").sum() / (~is_open).sum()
    assert 0.17 < share <= 0.2
    learnt = found["is_learnt_from"].astype(bool)
    assert learnt.equals(day + window < test_from)


def test_scores_find_the_planted_chances(shop, orders):
    found = predictions(shop).set_index("order_id")
    truth = orders.set_index("order_id").loc[found.index]
    new = found["data_split"] == "test"
    # Returns after the window do not count: 14 days of 1 to 17.
    chance = truth["chance"] * 14 / 17
    label = found["was_returned"][new].astype(int)
    best = roc_auc_score(label, chance[new])
    assert best - 0.05 < roc_auc_score(label, found["return_probability"][new])
    assert abs(found["return_probability"][new] - chance[new]).mean() < 0.07
    rank = shop.query("select * from marts.return_feature_importance")
    # All that was planted lies before what was not, but for the customers' history.
    top = set(rank[rank["importance_rank"].astype(int) <= 6]["feature"])
    assert {"discount_share", "brand", "product_category", "weight"} <= top
    assert set(rank["feature"]) == {
        "order_value",
        "discount_share",
        "tenure",
        "weekday",
        "shipping_method",
        "product_category",
        "customer_return_rate",
        "customer_orders",
        "orders_at_once",
        "brand",
        "weight",
    }


def test_metrics_are_those_of_the_test_orders(shop):
    found = predictions(shop)
    new = found[found["data_split"] == "test"]
    label = new["was_returned"].astype(int)
    score = new["return_probability"]
    metrics = dict(
        shop.rows(
            "select metric, value from intermediate.int_return_metrics"
            " join intermediate.int_return_choice using (candidate)"
            " where is_selected and data_split = 'test'"
        )
    )
    assert metrics["observations"] == len(new)
    assert metrics["auc_roc"] == pytest.approx(roc_auc_score(label, score), abs=1e-9)
    assert metrics["brier_score"] == pytest.approx(
        brier_score_loss(label, score), abs=1e-9
    )
    assert metrics["log_loss"] == pytest.approx(log_loss(label, score), abs=1e-9)


def test_thresholds_cost_what_they_cost(shop):
    found = predictions(shop)
    new = found[found["data_split"] == "test"]
    label = new["was_returned"].astype(int).to_numpy()
    score = new["return_probability"].to_numpy()
    rows = shop.query("select * from marts.return_thresholds order by threshold")
    assert len(rows) == 102
    assert (new["cost_if_returned"].astype(float) == 5).all()
    expected = new["expected_return_cost"].astype(float).to_numpy()
    assert expected == pytest.approx(5 * score)
    costs = []
    for row in rows.itertuples():
        acted = score >= row.threshold
        assert row.orders_acted_on == acted.sum()
        assert row.returns_caught == label[acted].sum()
        assert row.intervention_cost == pytest.approx(0.5 * acted.sum())
        assert row.expected_total_cost == pytest.approx(
            0.5 * acted.sum() + expected.sum() - 0.25 * expected[acted].sum()
        )
        assert row.realised_total_cost == pytest.approx(
            0.5 * acted.sum() + 5 * label.sum() - 0.25 * 5 * label[acted].sum()
        )
        costs.append(row.expected_total_cost)
    (cheapest,) = rows[rows["is_cheapest"]]["expected_total_cost"]
    assert cheapest == min(costs)
    # Acting pays where .25 of 5 times the probability is more than .5: from .4 on.
    (threshold,) = rows[rows["is_cheapest"]]["threshold"]
    assert threshold == pytest.approx(0.4)


# --- Extra features and odd input ----------------------------------------------------


def test_kinds_are_told_from_the_values(project, orders):
    odd = orders.head(800).copy()
    number = np.arange(len(odd))
    odd["item_id"] = number % 7
    odd["Item Size"] = np.where(number % 2, "xl", " XL ")
    odd["height"] = np.where(number < 20, "NaN", np.where(number < 25, "inf", "1.5"))
    odd["born"] = np.where(number < 9, "?", "1980-02-29")
    odd["delivered"] = (odd["ordered_at"] + pd.Timedelta(days=3)).dt.date.astype(str)
    odd["nothing"] = ""
    odd["constant"] = "same"
    extras = [
        "item_id",
        "Item Size",
        "height",
        "born",
        "delivered",
        "nothing",
        "constant",
    ]
    built = project.good(
        return_shop.raw(odd),
        vars={"return_extra_features": extras, "return_window_days": WINDOW},
        select=RETURNS,
    )
    kinds = dict(
        built.rows(
            "select column_name, data_type from information_schema.columns"
            " where table_name = 'int_return_orders' and column_name like 'extra%'"
        )
    )
    assert {name for name, kind in kinds.items() if kind == "DOUBLE"} == {
        "extra_height",
        "extra_born",
        "extra_delivered",
    }
    values = built.query(
        "select * from intermediate.int_return_orders order by order_id"
    )
    assert set(values["extra_item_size"]) == {"xl"}
    assert set(values["extra_nothing"]) == {"(none)"}
    assert values["extra_height"].dropna().astype(float).unique().tolist() == [1.5]
    # Delivery lies after the order: nobody knew it then.
    assert values["extra_delivered"].isna().all()
    assert values["extra_born"].notna().sum() == len(values) - sum(
        odd["status"].head(9) == ""
    )
    probability = predictions(built)["return_probability"]
    assert probability.between(0, 1).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["colour"], "has no column 'colour', which vars.yml names under"),
        (["status"], "changes after the order"),
        (["order_value"], "is a feature anyway"),
        (["Brand", "brand"], "twice"),
        ({"Brand": "text"}, "kinds are"),
        ("Brand", "must be a list"),
        ([3], "must be a list"),
    ],
)
def test_extra_features_that_cannot_be_meant(project, orders, given, words):
    built = project.build(
        return_shop.raw(orders.head(30)),
        vars={"return_extra_features": given},
        select=("stg_orders",),
    )
    assert built.returncode != 0
    assert words in built.output.replace("\n", " ")


def scored(project, orders, tables=None, **settings):
    raw = {**return_shop.raw(orders), **(tables or {})}
    return project.good(
        {name: table for name, table in raw.items() if table is not None},
        vars={"return_window_days": WINDOW, **settings},
        select=RETURNS,
    )


def test_without_returns_nothing_is_claimed(project, orders):
    built = scored(project, orders.head(600), {"returns": None})
    found = built.query("select * from marts.return_predictions")
    assert found["return_probability"].isna().all()
    assert found["was_returned"].isna().all()
    assert set(found["data_split"]) == {"open"}
    assert built.value("select count(*) from marts.return_thresholds") == 0


def test_twenty_orders_have_the_base_rate(project, orders):
    few = orders[orders["status"] == ""].iloc[::200].head(20)
    built = scored(project, few)
    found = predictions(built)
    assert set(found["candidate"]) == {"base_rate"}
    learnt = found[found["is_learnt_from"].astype(bool)]
    rate = (learnt["was_returned"].sum() + 1) / (len(learnt) + 2)
    assert found["return_probability"].tolist() == pytest.approx([rate] * 20)
    assert built.value("select count(*) from marts.return_reasons") == 0


def test_one_outcome_only_is_not_certainty(project, orders):
    """All of them came back: the base rate stays below 1, and no AUC is made up."""
    live = orders[orders["status"] == ""].head(1500).copy()
    live["returned_on"] = live["ordered_at"].dt.normalize() + pd.Timedelta(days=2)
    built = scored(project, live)
    found = predictions(built)
    learnt = found["is_learnt_from"].astype(bool).sum()
    assert found["return_probability"].to_numpy() == pytest.approx(
        (learnt + 1) / (learnt + 2)
    )
    assert built.rows(
        "select distinct value from intermediate.int_return_metrics"
        " where metric = 'auc_roc'"
    ) == [(None,)]


def test_one_customer_and_orders_all_alike(project, orders):
    live = orders[orders["status"] == ""].head(1500).copy()
    live["customer_id"] = "c1"
    live["order_value"], live["discount_amount"] = 10, 0
    live["product_category"] = live["shipping_method"] = ""
    live["ordered_at"] = live["ordered_at"].dt.normalize()
    built = scored(project, live)
    found = predictions(built)
    assert found["return_probability"].between(0.01, 0.99).all()
    assert abs(found["return_probability"].mean() - found["was_returned"].mean()) < 0.15


def test_a_target_of_words_goes_to_quarantine(project, orders):
    live = orders.head(400)
    returns = return_shop.raw(live)["returns"].assign(refund_amount="yes")
    built = project.build(
        {**return_shop.raw(live), "returns": returns},
        vars={"quarantine_error_share": 1},
        select=("+return_predictions", "+quarantined_rows"),
    )
    assert built.returncode == 0
    assert built.reasons("returns") == {"unreadable refund_amount": len(returns)}
    assert (
        built.value("select count(return_probability) from marts.return_predictions")
        == 0
    )


def test_without_the_python_models_the_marts_are_there(project, orders):
    built = project.good(
        return_shop.raw(orders.head(600)),
        vars={"return_window_days": WINDOW},
        select=RETURNS,
        exclude=("tag:python",),
    )
    assert built.value("select count(*) from marts.return_predictions") > 500
    assert (
        built.value("select count(return_probability) from marts.return_predictions")
        == 0
    )
    assert built.value("select count(was_returned) from marts.return_predictions") > 400
    for mart in ("reasons", "feature_importance", "calibration", "thresholds"):
        assert built.value(f"select count(*) from marts.return_{mart}") == 0


# --- The demo company ---------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(project, tmp_path_factory):
    """The demo company at full size."""
    folder = tmp_path_factory.mktemp("demo")
    settings = generate.Settings(1, 20240101)
    generate.generate(folder / "data", settings, say=lambda _: None)
    built = project.good(data=folder / "data", select=RETURNS)
    yield built, folder / "data" / "truth" / "orders.parquet"
    shutil.rmtree(folder)


def test_the_demo_is_predicted_nearly_as_well_as_can_be(demo):
    built, truth = demo
    with duckdb.connect() as connection:
        chance = connection.execute(
            f"select order_id, return_probability as chance from '{truth}'"
        ).df()
    found = predictions(built).merge(chance, on="order_id")
    new = found[found["data_split"] == "test"]
    label = new["was_returned"].astype(int)
    oracle = roc_auc_score(label, new["chance"])
    metrics = {
        (candidate, metric): value
        for candidate, metric, value in built.rows(
            "select candidate, metric, value from intermediate.int_return_metrics"
            " where data_split = 'test'"
        )
    }
    boosted = roc_auc_score(label, new["return_probability"])
    (chosen,) = set(new["candidate"])
    assert chosen in ("gradient_boosting", "blend")
    assert boosted == pytest.approx(metrics[chosen, "auc_roc"], abs=1e-3)
    assert boosted >= metrics["logistic_regression", "auc_roc"]
    assert oracle - 0.01 <= boosted <= oracle + 0.005
    assert metrics[chosen, "brier_score"] < metrics["base_rate", "brier_score"] - 0.002
    assert 0.9 <= metrics[chosen, "calibration_slope"] <= 1.1
    assert found["return_probability"].notna().all()
    assert (found["data_split"] == "open").sum() > 5000


def test_discount_drives_the_demo(demo):
    built, _ = demo
    assert (
        built.value(
            "select feature from marts.return_feature_importance"
            " where importance_rank = 1"
        )
        == "discount_share"
    )
    heavy, light = built.rows(
        "select avg(shap_value) from marts.return_reasons"
        " where feature = 'discount_share'"
        " group by cast(feature_value as double) >= 0.3"
        " order by cast(feature_value as double) >= 0.3 desc"
    )
    assert heavy[0] > 0.8 and light[0] < 0


def test_reasons_of_every_demo_order_add_up(demo):
    built, _ = demo
    assert (
        built.value(
            "select count(*) from marts.return_predictions left join (select order_id,"
            " sum(shap_value) as total from marts.return_reasons group by order_id)"
            " using (order_id)"
            " where coalesce(abs(ln(return_probability / (1 - return_probability))"
            " - base_log_odds - total), 1) > 1e-6"
        )
        == 0
    )
