"""Log-odds of a return for every order by each candidate, and why, by the chosen one.

One row per order. The candidates learn from the orders that int_return_examples marks
as learnt from, with the settings that int_return_choice found best on later orders.
`shap_*` are the SHAP values of the chosen candidate: they and its `*_start` add up to
its log-odds. Calibration, which scales them all, is in SQL.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import numpy as np
import pandas as pd
import return_models as models
from threadpoolctl import threadpool_limits

KEYS = ("order_id", "data_split", "is_learnt_from", "outcome", "day_number")


def score(examples, choice, names, seed):
    """Scores of all `examples`.

    Arguments:
        examples: `KEYS` and features, in a fixed order.
        choice: candidate, setting, is_selected; one row a candidate.
        names: of the feature columns.
    Returns a DataFrame: order_id, then <candidate> and <candidate>_start for each, then
    shap_<name> for each feature. NaN where a candidate could not learn.
    """
    features = models.finite(examples[names])
    learnt = examples["is_learnt_from"].to_numpy(dtype=bool)
    outcome = examples["outcome"].to_numpy(dtype=float)[learnt]
    found = {"order_id": examples["order_id"].to_numpy()}
    explained = np.full(features.shape, np.nan)
    for candidate in models.CANDIDATES:
        raw = np.full(len(features), np.nan)
        start = np.nan
        chosen = choice[choice["candidate"] == candidate]
        if candidate == "base_rate":
            raw[:] = start = models.base_log_odds(outcome)
            if len(chosen) and chosen["is_selected"].iloc[0]:
                explained[:] = 0.0
        elif len(chosen):
            fitted = models.fitted(
                candidate,
                chosen["setting"].iloc[0],
                features[learnt],
                outcome,
                names,
                seed,
            )
            if fitted is not None:
                raw = fitted.log_odds(features)
                if chosen["is_selected"].iloc[0]:
                    explained, start = fitted.explain(features)
                else:
                    start = fitted.explain(features[:1])[1]
        found[candidate] = raw
        found[f"{candidate}_start"] = np.full(len(features), start)
    for number, name in enumerate(names):
        found[f"shap_{name}"] = explained[:, number]
    return pd.DataFrame(found).astype({"order_id": "str"})


def model(dbt, session):
    """Read all orders, fit, score and explain them."""
    examples = dbt.ref("int_return_examples")
    names = [column for column in examples.columns if column not in KEYS]
    with threadpool_limits(1):
        found = score(
            examples.order("day_number, order_id").df(),
            dbt.ref("int_return_choice").df(),
            names,
            dbt.config.meta_get("seed"),
        )
    return found
