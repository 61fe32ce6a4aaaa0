"""Every candidate and setting of the return model, tried on later orders.

One row per (fit, candidate, setting, order): the log-odds of a return by a model that
learned from orders whose outcome was known before the first order tried. Which fits
there are, and who is in them, is said by int_return_fits and int_return_examples;
choice, calibration and evaluation are in SQL.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import pandas as pd
import return_models as models
from threadpoolctl import threadpool_limits

KEYS = ("order_id", "data_split", "is_learnt_from", "outcome", "day_number")
COLUMNS = {
    "fit": "str",
    "candidate": "str",
    "setting": "str",
    "order_id": "str",
    "log_odds": "float64",
}


def validate(examples, fits, names, seed):
    """Scores of every fit whose name starts with "validation".

    Arguments:
        examples: `KEYS` and features, training orders in a fixed order.
        fits: fit, learns_until, tried_from, tried_until (day numbers).
        names: of the feature columns.
    Returns a DataFrame with `COLUMNS`.
    """
    features = models.finite(examples[names])
    outcome = examples["outcome"].to_numpy(dtype=float)
    day = examples["day_number"].to_numpy()
    parts = [pd.DataFrame({name: pd.Series(dtype=t) for name, t in COLUMNS.items()})]
    for fit in fits.sort_values("fit").itertuples(index=False):
        if not fit.fit.startswith("validation"):
            continue
        known = day <= fit.learns_until
        new = (day >= fit.tried_from) & (day <= fit.tried_until)
        scores = models.tried(
            features[known], outcome[known], features[new], names, seed
        )
        for (candidate, setting), log_odds in scores.items():
            parts.append(
                pd.DataFrame(
                    {
                        "fit": fit.fit,
                        "candidate": candidate,
                        "setting": setting,
                        "order_id": examples["order_id"].to_numpy()[new],
                        "log_odds": log_odds,
                    }
                )
            )
    return pd.concat([part for part in parts if len(part)] or parts).astype(COLUMNS)


def model(dbt, session):
    """Read the training orders, try the candidates."""
    examples = dbt.ref("int_return_examples")
    names = [column for column in examples.columns if column not in KEYS]
    training = examples.filter("is_learnt_from").order("day_number, order_id").df()
    with threadpool_limits(1):
        found = validate(
            training,
            dbt.ref("int_return_fits").df(),
            names,
            dbt.config.meta_get("seed"),
        )
    return found
