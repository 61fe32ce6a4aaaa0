"""Isolation forest and local outlier factor over vectors of metric residuals.

A vector is what all metrics of a channel did in one period: their residuals, each
over its own usual size.  One row per (channel, grain, period_start) with the score of
both methods and whether it lies beyond the past's `contamination` quantile.
"""

import edge_basics  # noqa: F401  (first: see there)
import grouped_edges
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

COLUMNS = {
    "channel": "str",
    "grain": "str",
    "period_start": "datetime64[us]",
    "fingerprint": "str",
    "isolation_score": "float64",
    "lof_score": "float64",
    "isolation_is_outlier": "boolean",
    "lof_is_outlier": "boolean",
}
# Fewer vectors than this train nothing.
FEWEST = {"day": 28, "hour": 336}
# A block is judged by models trained before it, and ends where history is this many
# times as long, so that the number of fits grows with the logarithm of history.
GROWTH = 2
FOREST_ROWS = 512
NEIGHBOUR_ROWS = 512
NEIGHBOURS = 20


def score_isolation_forest(training, vectors, contamination, seed):
    """Score `vectors` (n, n_metrics) by a forest grown on `training` (m, n_metrics).

    Returns (scores, is_outlier): scores (n,) in [0, 1], 1 the most anomalous, and
    whether they exceed the 1 - `contamination` quantile of the training's own
    scores.  Liu, Ting & Zhou (2008), Isolation Forest.
    """
    # Imported where something is to be learned: most runs have little news, or none.
    import edge_learners  # noqa: F401  (first: see there)
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=50, random_state=seed, n_jobs=1)
    forest.fit(training)
    # scikit-learn's score_samples is the negative of the paper's score.
    limit = np.quantile(-forest.score_samples(training), 1 - contamination)
    scores = -forest.score_samples(vectors)
    return scores, scores > limit + 1e-12


def score_local_outlier_factor(training, vectors, contamination):
    """Score `vectors` (n, n_metrics) by their density beside `training`'s.

    Returns (scores, is_outlier): scores (n,) are 1 - 1 / factor, 0 where a vector
    is as dense as its neighbours or denser, towards 1 the sparser it is; outliers
    exceed the 1 - `contamination` quantile of the training's own factors.
    Breunig, Kriegel, Ng & Sander (2000), LOF.
    """
    import edge_learners  # noqa: F401  (first: see there)
    from sklearn.neighbors import LocalOutlierFactor

    neighbours = min(NEIGHBOURS, len(training) - 1)
    # A tree's distances do not depend on which vectors are asked for at once.
    factor = LocalOutlierFactor(
        n_neighbors=neighbours, algorithm="kd_tree", novelty=True, n_jobs=1
    )
    factor.fit(training)
    limit = np.quantile(-factor.negative_outlier_factor_, 1 - contamination)
    factors = -factor.score_samples(vectors)
    return np.maximum(0.0, 1 - 1 / np.maximum(factors, 1e-9)), factors > limit + 1e-9


def spread_sample(rows, most):
    """At most `most` of `rows`, evenly spread over time, the newest among them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def blocks(n, fewest):
    """Bounds [start, end) of the blocks of `n` vectors; none where n <= fewest."""
    start = fewest
    while start < n:
        end = max(start + 1, int(np.ceil(start * GROWTH)))
        yield start, min(end, n)
        start = end


def score_vectors(vectors, may_train, fewest, contamination, seed, first=0):
    """Score vectors (n, n_metrics), in order of time, block by block.

    Every block is judged by models that saw earlier blocks only, so that a score
    never changes when later data arrive.  Only vectors with `may_train` (n,) train.
    Vectors before `first` are not judged.
    Returns four arrays (n,): both scores (NaN where not judged) and verdicts.
    """
    n = len(vectors)
    scores = np.full((2, n), np.nan)
    outliers = np.zeros((2, n), bool)
    for start, end in blocks(n, fewest):
        if end <= first:
            continue
        past = vectors[:start][may_train[:start]]
        if len(past) < fewest:
            continue
        start = max(start, first)
        judged = vectors[start:end]
        scores[0, start:end], outliers[0, start:end] = score_isolation_forest(
            spread_sample(past, FOREST_ROWS), judged, contamination, seed
        )
        scores[1, start:end], outliers[1, start:end] = score_local_outlier_factor(
            spread_sample(past, NEIGHBOUR_ROWS), judged, contamination
        )
    return scores[0], scores[1], outliers[0], outliers[1]


def score_points(points, contamination, seed, stored=None):
    """Score every vector of `points`; see the module for what comes back.

    Arguments:
        points: channel, grain, metric, period_start, z_score (NaN where unknown),
            may_train; one row per series and period.
        stored: what an earlier call returned.  Rows before the first vector that
            changed since are not scored again and not returned.
    """
    results = []
    points = points.sort_values(["channel", "grain", "period_start", "metric"])
    for (channel, grain), group in points.groupby(["channel", "grain"]):
        wide = group.pivot(index="period_start", columns="metric", values="z_score")
        wide = wide[wide.notna().any(axis=1)].clip(-10, 10).fillna(0.0)
        if wide.empty:
            continue
        may_train = group.groupby("period_start")["may_train"].all().loc[wide.index]
        prints = fingerprints(
            wide.to_numpy(), may_train.to_numpy(), contamination, seed
        )
        first = 0
        if stored is not None:
            known = stored[(stored["channel"] == channel) & (stored["grain"] == grain)]
            first = first_change(wide.index, prints, known)
        if first >= len(wide):
            continue
        scored = score_vectors(
            wide.to_numpy(),
            may_train.to_numpy(),
            FEWEST[grain],
            contamination,
            seed,
            first,
        )
        frame = pd.DataFrame(
            {
                "channel": channel,
                "grain": grain,
                "period_start": wide.index,
                "fingerprint": prints,
                "isolation_score": scored[0],
                "lof_score": scored[1],
                "isolation_is_outlier": pd.array(scored[2], "boolean"),
                "lof_is_outlier": pd.array(scored[3], "boolean"),
            }
        )
        unjudged = np.isnan(scored[0])
        frame.loc[unjudged, ["isolation_is_outlier", "lof_is_outlier"]] = pd.NA
        results.append(frame.iloc[first:])
    if not results:
        return pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    return pd.concat(results, ignore_index=True).astype(COLUMNS)


def fingerprints(vectors, may_train, contamination, seed):
    """Text (n,) that differs where a vector, its use or a setting differs."""
    hashed = pd.util.hash_pandas_object(
        pd.DataFrame(vectors).assign(
            may_train=may_train, contamination=contamination, seed=seed
        ),
        index=False,
    )
    return np.array([f"{value:016x}" for value in hashed], dtype=object)


def first_change(periods, prints, known):
    """Place of the first of `periods` that is not in `known` with its fingerprint.

    0 where `known` holds a period that is no longer there.
    """
    stored = known.set_index("period_start")["fingerprint"]
    if not stored.index.isin(periods).all():
        return 0
    differs = stored.reindex(periods).to_numpy(dtype=object) != prints
    return int(differs.argmax()) if differs.any() else len(prints)


def model(dbt, session):
    """Read standardised residuals, score those that are new, return."""
    points = dbt.ref("int_scored_points").select(
        "channel, grain, metric, period_start, z_score,"
        " event_name is null and is_complete as may_train"
    )
    stored = None
    if dbt.is_incremental:
        stored = session.sql(
            f"select channel, grain, period_start, fingerprint from {dbt.this}"
        ).df()
    contamination = float(dbt.config.meta_get("contamination"))
    seed = int(dbt.config.meta_get("seed"))

    def score_groups(rows):
        with threadpool_limits(1):
            return score_points(rows, contamination, seed, stored)

    keys = ["channel", "grain"]
    scored = grouped_edges.over_groups(points, keys, score_groups, COLUMNS)
    return scored
