"""Probability of no order within the churn horizon, by three candidates.

One row per (score_date, data_split, snapshot_date, customer): what each candidate says.
Gradient boosting, logistic regression, and the base rate that both have to beat. The
model of a score date is fitted to the training cut-offs that int_churn_cutoffs gives
it, all of whose outcomes were known on that date. Scores of split "validation" are out
of fold: of customers that the scoring half of the model never saw. Choice and
evaluation are in SQL.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

CANDIDATES = ("gradient_boosting", "logistic_regression", "base_rate")
# Fewer customers of either outcome are no basis for a model.
FEWEST_OF_EITHER = 25
FOLDS = 2
COLUMNS = {
    "score_date": "datetime64[us]",
    "data_split": "str",
    "snapshot_date": "datetime64[us]",
    "customer_id": "str",
    **dict.fromkeys(CANDIDATES, "float64"),
}


def log_odds(probability):
    """Log-odds of `probability`, which is kept off 0 and 1 by 1e-6."""
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(kept / (1 - kept))


def finite(features):
    """`features` (n, n_features) with infinities as missing values."""
    features = np.asarray(features, dtype=float)
    return np.where(np.isfinite(features), features, np.nan)


def boosting(seed):
    """Gradient-boosted trees, shallow enough for 10,000 customers."""
    return HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=60,
        early_stopping=False,
        random_state=seed,
    )


def regression(_):
    """Logistic regression on logarithms; a gap counts as the usual value."""
    return make_pipeline(
        FunctionTransformer(lambda values: np.log1p(np.maximum(values, 0))),
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=500),
    )


class Informed:
    """A classifier that never sees a feature without any value to learn from."""

    def __init__(self, model):
        """`model` is an unfitted classifier."""
        self.model = model

    def fit(self, features, outcome):
        """Fit to the features (n, n_features) that have a value somewhere."""
        self.known = np.isfinite(features).any(axis=0)
        self.model.fit(features[:, self.known], outcome)
        return self

    def predict(self, features):
        """Probability (n,) of outcome 1."""
        return self.model.predict_proba(features[:, self.known])[:, 1]


class Calibrated:
    """A classifier fitted in folds, its probabilities mended by what each fold missed.

    Each fold's model is fitted without the fold's customers; a logistic regression of
    the outcome on those out-of-fold log-odds (Platt 1999) then says how far to trust
    them. Scores of new customers are the mean log-odds over the folds, mended so.
    """

    def __init__(self, make, seed):
        """`make` returns an unfitted classifier for a seed."""
        self.make, self.seed = make, seed

    def fit(self, features, churned, fold):
        """Fit to `features` (n, n_features), `churned` (n,) of 0 and 1, `fold` (n,).

        Sets `out_of_fold` (n,), the mended probabilities of the training rows.
        """
        self.models = []
        missed = np.zeros(len(churned))
        for number in range(FOLDS):
            learned, left_out = fold != number, fold == number
            model = Informed(self.make(self.seed))
            model.fit(features[learned], churned[learned])
            missed[left_out] = log_odds(model.predict(features[left_out]))
            self.models.append(model)
        self.mend = LogisticRegression(C=1e6).fit(missed[:, None], churned)
        self.out_of_fold = self.mend.predict_proba(missed[:, None])[:, 1]
        return self

    def predict(self, features):
        """Probabilities (n,) of `features` (n, n_features)."""
        found = [log_odds(model.predict(features)) for model in self.models]
        return self.mend.predict_proba(np.mean(found, axis=0)[:, None])[:, 1]


def can_be_learned(churned, fold):
    """Whether every fold's complement has enough customers of either outcome."""
    return all(
        min((churned[fold != number] == 0).sum(), (churned[fold != number] == 1).sum())
        >= FEWEST_OF_EITHER
        for number in range(FOLDS)
    )


def fit_and_score(training, scored, features, seed):
    """Probabilities of all candidates on new and on left-out training customers.

    Arguments:
        training: `features`, churned (0 or 1) and fold_draw (0 to 1, by customer).
        scored: `features`.
        features: names of the columns.
        seed: of the models.
    Returns two dicts candidate -> probabilities, (n_scored,) and (n_training,). Where
    nothing can be learned (one outcome only, too few customers) the models are NaN;
    without any training customer the base rate is NaN too.
    """
    churned = training["churned"].to_numpy(dtype=int)
    fold = (training["fold_draw"].to_numpy() * FOLDS).astype(int)
    known, new = finite(training[features]), finite(scored[features])
    # Of k in n, (k + 1) / (n + 2): one outcome only does not make the other impossible.
    rate = (churned.sum() + 1) / (len(churned) + 2) if len(churned) else np.nan
    scores = {name: np.full(len(new), np.nan) for name in CANDIDATES}
    left_out = {name: np.full(len(known), np.nan) for name in CANDIDATES}
    scores["base_rate"][:] = left_out["base_rate"][:] = rate
    if len(churned) and can_be_learned(churned, fold):
        for name, make in (
            ("gradient_boosting", boosting),
            ("logistic_regression", regression),
        ):
            model = Calibrated(make, seed).fit(known, churned, fold)
            left_out[name] = model.out_of_fold
            if len(new):
                scores[name] = model.predict(new)
    return scores, left_out


def score_dates(cutoffs, examples_of, features, seed):
    """Scores for every score date.

    Arguments:
        cutoffs: score_date, data_split, cutoff_date.
        examples_of: function of a date that returns its examples (columns of
            int_churn_examples), in a fixed order.
        features: names of the feature columns.
        seed: of the models.
    Returns a DataFrame with `COLUMNS`: customers of data_split open, test and history,
    and the training customers of the newest model as validation.
    """
    parts = [pd.DataFrame({n: pd.Series(dtype=t) for n, t in COLUMNS.items()})]
    grouped = cutoffs.groupby(["score_date", "data_split"], sort=True)
    for (score_date, data_split), group in grouped:
        dated = [
            examples_of(cutoff_date) for cutoff_date in sorted(group["cutoff_date"])
        ]
        training = pd.concat([part[part["is_training_example"]] for part in dated])
        scored = examples_of(score_date)
        scored = scored[scored["is_scored"]]
        scores, left_out = fit_and_score(training, scored, features, seed)
        parts.append(rows(scored, score_date, data_split, scores))
        if data_split == "open":
            parts.append(rows(training, score_date, "validation", left_out))
    return pd.concat([part for part in parts if len(part)] or parts).astype(COLUMNS)


def rows(examples, score_date, data_split, scores):
    """Rows of the result for `examples` and their `scores` by candidate."""
    return pd.DataFrame(
        {
            "score_date": score_date,
            "data_split": data_split,
            "snapshot_date": examples["snapshot_date"].to_numpy(),
            "customer_id": examples["customer_id"].to_numpy(),
            **scores,
        }
    )


def model(dbt, session):
    """Fit and score date by date, so that memory holds a few dates at a time."""
    examples = dbt.ref("int_churn_examples")
    keys = ("snapshot_date", "customer_id", "is_training_example", "is_scored")
    features = [
        column
        for column in examples.columns
        if column not in (*keys, "fold_draw", "churned")
    ]

    def examples_of(date):
        found = examples.filter(f"snapshot_date = date '{date:%Y-%m-%d}'")
        found = found.filter("is_training_example or is_scored")
        return found.order("customer_id").df()

    with threadpool_limits(1):
        found = score_dates(
            dbt.ref("int_churn_cutoffs").df(),
            examples_of,
            features,
            int(dbt.config.meta_get("seed")),
        )
    return found
