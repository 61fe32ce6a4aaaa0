"""The candidates of the return model: fitted, tried and explained, in log-odds.

What ml_return_validation and ml_return_scores share. Functions of arrays; nothing here
reads a table or a clock. Features are numbers, categories encoded before: native
categorical splits would break the additivity of SHAP values (Lundberg and others, From
local explanations to global understanding with explainable AI for trees, 2020).
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import numpy as np
import shap
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

CANDIDATES = ("gradient_boosting", "logistic_regression", "blend", "base_rate")
# Fewer orders of either outcome are no basis for a model.
FEWEST_OF_EITHER = 25
LEAVES = (4, 8, 16)
TREES = (50, 100, 200)
LEARNING_RATE = 0.05
# Rows explained at once: bounds memory.
CHUNK = 50_000


def finite(features):
    """`features` (n, n_features) as floats, infinities as missing values."""
    features = np.asarray(features, dtype=float)
    return np.where(np.isfinite(features), features, np.nan)


def varied(features):
    """Which columns (n_features,) of `features` (n, n_features) have two values."""
    known = np.isfinite(features)
    low = np.where(known, features, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, features, -np.inf).max(axis=0, initial=-np.inf)
    return high > low


def can_be_learned(outcome):
    """Whether `outcome` (n,) holds enough of 0 and of 1."""
    ones = int(outcome.sum())
    return min(ones, len(outcome) - ones) >= FEWEST_OF_EITHER


def base_log_odds(outcome):
    """Log-odds of a return among `outcome` (n,): (k + 1) / (n + 2) of k in n.

    One outcome alone does not make the other impossible. NaN without any order.
    """
    if not len(outcome):
        return np.nan
    return float(np.log((outcome.sum() + 1) / (len(outcome) - outcome.sum() + 1)))


class Boosting:
    """Gradient-boosted trees. A higher known return rate never lowers the risk."""

    def __init__(self, leaves, trees, seed):
        """`leaves` a tree, at most `trees` of them."""
        self.leaves, self.trees, self.seed = leaves, trees, seed

    def fit(self, features, outcome, names):
        """Fit to `features` (n, n_features) called `names`, `outcome` (n,) of 0, 1."""
        self.used = varied(features)
        rising = [int(name.endswith("__return_rate")) for name in names]
        self.model = HistGradientBoostingClassifier(
            learning_rate=LEARNING_RATE,
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=60,
            l2_regularization=5.0,
            monotonic_cst=np.array(rising)[self.used],
            early_stopping=False,
            random_state=self.seed,
        )
        self.model.fit(features[:, self.used], outcome)
        return self

    def staged_log_odds(self, features):
        """Yield (trees, log-odds (n,)) after each number in `TREES`."""
        staged = self.model.staged_decision_function(features[:, self.used])
        for trees, raw in enumerate(staged, start=1):
            if trees in TREES:
                yield trees, np.ravel(raw)

    def log_odds(self, features):
        """Log-odds (n,) of `features`."""
        return self.model.decision_function(features[:, self.used])

    def explain(self, features):
        """SHAP values (n, n_features) and the log-odds that they start from."""
        explainer = shap.TreeExplainer(self.model)
        values = np.zeros(features.shape)
        for start in range(0, len(features), CHUNK):
            rows = slice(start, start + CHUNK)
            values[rows, self.used] = explainer.shap_values(
                features[rows][:, self.used], check_additivity=False
            )
        return values, float(np.ravel(explainer.expected_value)[0])


class Regression:
    """Logistic regression on standardised logarithms; a gap has a weight of its own."""

    def fit(self, features, outcome, names):
        """Fit to `features` (n, n_features), `outcome` (n,) of 0 and 1."""
        self.used = varied(features)
        known = self._logarithms(features)
        self.middle = np.nanmedian(known, axis=0)
        columns = self._columns(known)
        self.mean = columns.mean(axis=0)
        self.spread = np.where(columns.std(axis=0) > 0, columns.std(axis=0), 1.0)
        self.model = LogisticRegression(max_iter=1000)
        self.model.fit((columns - self.mean) / self.spread, outcome)
        return self

    def _logarithms(self, features):
        values = features[:, self.used]
        return np.sign(values) * np.log1p(np.abs(values))

    def _columns(self, known):
        gap = np.isnan(known)
        return np.column_stack([np.where(gap, self.middle, known), gap])

    def _terms(self, features):
        columns = self._columns(self._logarithms(features))
        return (columns - self.mean) / self.spread * self.model.coef_[0]

    def log_odds(self, features):
        """Log-odds (n,) of `features`."""
        return self.model.intercept_[0] + self._terms(features).sum(axis=1)

    def explain(self, features):
        """SHAP values (n, n_features) and the log-odds that they start from."""
        terms = self._terms(features)
        half = terms.shape[1] // 2
        values = np.zeros(features.shape)
        values[:, self.used] = terms[:, :half] + terms[:, half:]
        return values, float(self.model.intercept_[0])


class Blend:
    """The mean of the log-odds of both, explained by the mean of their SHAP values.

    SHAP values are linear in the model, so the mean explains as exactly as they do.
    """

    def __init__(self, leaves, trees, seed):
        """`leaves` a tree, `trees` of them."""
        self.parts = (Boosting(leaves, trees, seed), Regression())

    def fit(self, features, outcome, names):
        """Fit both to `features` (n, n_features), `outcome` (n,) of 0 and 1."""
        for part in self.parts:
            part.fit(features, outcome, names)
        return self

    def log_odds(self, features):
        """Log-odds (n,) of `features`."""
        return blended(*(part.log_odds(features) for part in self.parts))

    def explain(self, features):
        """SHAP values (n, n_features) and the log-odds that they start from."""
        (trees, tree_start), (line, line_start) = (
            part.explain(features) for part in self.parts
        )
        return blended(trees, line), blended(tree_start, line_start)


def blended(boosting, regression):
    """The mean of the two, arrays of one shape or numbers."""
    return 0.5 * boosting + 0.5 * regression


def tried(known, outcome, new, names, seed):
    """Log-odds of `new` (m, n_features) by every candidate and setting.

    Arguments:
        known, outcome: what to learn from, (n, n_features) and (n,) of 0 and 1.
        names: of the features.
    Returns a dict (candidate, setting) -> (m,). Where nothing can be learned, the base
    rate alone; nothing at all without a row to learn from.
    """
    found = {}
    if not len(outcome):
        return found
    found["base_rate", ""] = np.full(len(new), base_log_odds(outcome))
    if not can_be_learned(outcome) or not varied(known).any():
        return found
    regression = Regression().fit(known, outcome, names).log_odds(new)
    found["logistic_regression", ""] = regression
    for leaves in LEAVES:
        model = Boosting(leaves, max(TREES), seed).fit(known, outcome, names)
        for trees, raw in model.staged_log_odds(new):
            name = setting(leaves, trees)
            found["gradient_boosting", name] = raw
            found["blend", name] = blended(raw, regression)
    return found


def setting(leaves, trees):
    """Text that names a setting of the boosted trees."""
    return f"leaves={leaves},trees={trees}"


def read_setting(text):
    """The two numbers of `setting`."""
    leaves, trees = (int(part.split("=")[1]) for part in text.split(","))
    return leaves, trees


def fitted(candidate, setting_text, known, outcome, names, seed):
    """The model of `candidate`, fitted; None where it cannot be."""
    if not can_be_learned(outcome) or not varied(known).any():
        return None
    if candidate == "logistic_regression":
        return Regression().fit(known, outcome, names)
    kind = {"gradient_boosting": Boosting, "blend": Blend}[candidate]
    model = kind(*read_setting(setting_text), seed)
    return model.fit(known, outcome, names)
