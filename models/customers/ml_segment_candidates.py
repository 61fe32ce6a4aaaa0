"""Clusterings that could become the segments: k-means and DBSCAN, each scored.

One row per (method, parameters, prototype). A prototype is what customers are later
assigned by: a centre of k-means, or a core point of DBSCAN with its radius. The scores
of a candidate stand on each of its rows; a candidate without any cluster has one row
without a prototype. Which candidate wins is decided in SQL.
"""

import edge_imports  # noqa: F401  (first: see there)

# isort: split
import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

SCORES = (
    "clusters",
    "silhouette",
    "davies_bouldin",
    "calinski_harabasz",
    "noise_share",
    "smallest_cluster_share",
    "stability_ari",
)
# Columns of the sample that are no features.
KEYS = ("feature_scaling", "customer_id", "draw")
NOISE = -1
SCORED_CUSTOMERS = 2500
DBSCAN_CUSTOMERS = 2000
BOOTSTRAPS = 6
START_CUSTOMERS = BOOTSTRAP_CUSTOMERS = 5000
# Starts of k-means: with fewer, one in ten fits ends in a worse division.
RESTARTS = 20
BOOTSTRAP_RESTARTS = 10


def nearest(points, prototypes, clusters, radius=None):
    """Cluster of each point's nearest prototype.

    Arguments:
        points: (n_points, n_features), scaled.
        prototypes: (n_prototypes, n_features); may be empty.
        clusters: (n_prototypes,) cluster of each prototype.
        radius: a point farther than this from all prototypes is noise (-1).
    Returns (n_points,) integers.
    """
    if len(prototypes) == 0:
        return np.full(len(points), NOISE)
    found = NearestNeighbors(n_neighbors=1).fit(prototypes)
    distances, indices = found.kneighbors(points)
    labels = np.asarray(clusters)[indices[:, 0]]
    if radius is not None:
        labels = np.where(distances[:, 0] <= radius, labels, NOISE)
    return labels


def fit_kmeans(points, k, seed, restarts=RESTARTS):
    """Centres (k, n_features) of k-means on `points`, in a fixed order.

    The best of `restarts` k-means++ starts (Arthur & Vassilvitskii 2007) on some of
    the points, moved to where all of them pull it, and sorted by coordinates, so that
    numbering does not depend on the seed.
    """
    few = points[:START_CUSTOMERS]
    model = KMeans(n_clusters=k, n_init=restarts, random_state=seed).fit(few)
    if len(few) < len(points):
        model = KMeans(n_clusters=k, n_init=1, init=model.cluster_centers_).fit(points)
    return model.cluster_centers_[np.lexsort(model.cluster_centers_.T[::-1])]


def neighbour_distances(points, neighbours):
    """Distance (n_points,) of each point to its `neighbours`-th, itself included."""
    found = NearestNeighbors(n_neighbors=neighbours).fit(points)
    return found.kneighbors(points)[0][:, -1]


def fit_dbscan(points, radius, neighbours):
    """Core points of DBSCAN (Ester et al. 1996) and the cluster of each.

    Returns (n_cores, n_features) and (n_cores,); clusters are numbered by the
    coordinates of their means.
    """
    model = DBSCAN(eps=radius, min_samples=neighbours).fit(points)
    cores = points[model.core_sample_indices_]
    labels = model.labels_[model.core_sample_indices_]
    if len(cores) == 0:
        return cores, labels
    means = np.array([cores[labels == c].mean(axis=0) for c in range(labels.max() + 1)])
    rank = np.empty(len(means), dtype=int)
    rank[np.lexsort(means.T[::-1])] = np.arange(len(means))
    return cores, rank[labels]


def scores_of(points, labels):
    """How well `labels` (n_points,) divide `points` (n_points, n_features).

    Noise (-1) takes no part in the three indices, which are NaN where fewer than two
    clusters, or only clusters of one, are left; it does in the shares.
    Returns a dict of clusters, silhouette (Rousseeuw 1987), davies_bouldin (1979),
    calinski_harabasz (1974), noise_share, smallest_cluster_share.
    """
    kept = labels != NOISE
    found, sizes = np.unique(labels[kept], return_counts=True)
    scores = {
        "clusters": len(found),
        "noise_share": 1 - kept.mean(),
        "smallest_cluster_share": sizes.min() / len(labels) if len(found) else np.nan,
        "silhouette": np.nan,
        "davies_bouldin": np.nan,
        "calinski_harabasz": np.nan,
    }
    if 2 <= len(found) < kept.sum():
        scores["davies_bouldin"] = davies_bouldin_score(points[kept], labels[kept])
        scores["calinski_harabasz"] = calinski_harabasz_score(
            points[kept], labels[kept]
        )
        few, of_few = points[kept][:SCORED_CUSTOMERS], labels[kept][:SCORED_CUSTOMERS]
        if 2 <= len(np.unique(of_few)) < len(few):
            scores["silhouette"] = silhouette_score(few, of_few)
    return scores


def stability(points, labels, fit, seed, sample_size):
    """How much the division stays when other customers are drawn.

    `fit` turns (points, seed) into a function that labels points. It is fitted to
    `BOOTSTRAPS` bootstrap samples; each labels the same points as `labels` did.
    Returns the mean adjusted Rand index (Hubert & Arabie 1985) with `labels`: 1 for
    the same division, 0 for one that agrees by chance only (Hennig 2007).
    """
    random = np.random.default_rng(seed)
    scored = points[:SCORED_CUSTOMERS]
    agreements = []
    for number in range(BOOTSTRAPS):
        drawn = random.integers(0, len(points), min(len(points), sample_size))
        labelled = fit(points[drawn], seed + 1 + number)(scored)
        agreements.append(adjusted_rand_score(labels[: len(scored)], labelled))
    return float(np.mean(agreements))


def kmeans_candidate(points, k, seed):
    """Scores, centres and their clusters of k-means with `k` clusters."""

    def fit(drawn, fit_seed):
        distinct = min(k, len(np.unique(drawn, axis=0)))
        centers = fit_kmeans(drawn, distinct, fit_seed, BOOTSTRAP_RESTARTS)
        return lambda others: nearest(others, centers, np.arange(len(centers)))

    centers = fit_kmeans(points, k, seed)
    clusters = np.arange(k)
    labels = nearest(points, centers, clusters)
    scores = scores_of(points, labels)
    scores["stability_ari"] = stability(points, labels, fit, seed, BOOTSTRAP_CUSTOMERS)
    return scores, centers, clusters, None


def dbscan_candidate(points, radius, neighbours, seed):
    """Scores, core points and their clusters of DBSCAN with `radius`."""

    def fit(drawn, _):
        cores, clusters = fit_dbscan(drawn, radius, neighbours)
        return lambda others: nearest(others, cores, clusters, radius)

    few = points[:DBSCAN_CUSTOMERS]
    cores, clusters = fit_dbscan(few, radius, neighbours)
    labels = nearest(few, cores, clusters, radius)
    scores = scores_of(few, labels)
    scores["stability_ari"] = np.nan
    if len(cores):
        scores["stability_ari"] = stability(few, labels, fit, seed, DBSCAN_CUSTOMERS)
    return scores, cores, clusters, radius


def radii(points, neighbours, quantiles):
    """Radii for DBSCAN: quantiles of the distances to the `neighbours`-th neighbour.

    Returns a dict quantile -> radius, without radii of 0 and repeated ones.
    """
    few = points[:DBSCAN_CUSTOMERS]
    if len(few) <= neighbours:
        return {}
    distances = neighbour_distances(few, neighbours)
    found = {}
    for quantile in quantiles:
        radius = float(np.quantile(distances, quantile))
        if radius > 0 and radius not in found.values():
            found[quantile] = radius
    return found


def candidates(sample, features, most_clusters, quantiles, seed):
    """Every candidate on every feature scaling.

    Arguments:
        sample: one row per (feature_scaling, customer): feature_scaling, customer_id,
            draw (a number without pattern, which orders the rows) and `features`.
        features: names of the scaled features.
        most_clusters: k-means runs over 1 to this many clusters.
        quantiles: of the neighbour distances, that give DBSCAN's radii.
        seed: of every random draw.
    Returns a DataFrame with the columns of `empty`. One cluster, and any number above
    the number of distinct customers, is left without a comparison.
    """
    rows = []
    for scaling, part in sample.groupby("feature_scaling", sort=True):
        part = part.sort_values(["draw", "customer_id"])
        points = part[list(features)].to_numpy(dtype=float)
        # The mean stands for what is no number.
        points = np.where(np.isfinite(points), points, 0.0)
        distinct = len(np.unique(points, axis=0))
        found = [("kmeans", "k=1", *one_cluster(points))]
        for k in range(2, min(most_clusters, distinct - 1) + 1):
            found.append(("kmeans", f"k={k}", *kmeans_candidate(points, k, seed)))
        neighbours = 2 * len(features)
        for quantile, radius in radii(points, neighbours, quantiles).items():
            name = f"eps={radius:.3f} ({quantile:.0%} of neighbour distances)"
            candidate = dbscan_candidate(points, radius, neighbours, seed)
            found.append(("dbscan", name, *candidate))
        for method, name, scores, prototypes, clusters, radius in found:
            numbers = range(len(prototypes)) if len(prototypes) else [None]
            for number in numbers:
                row = {
                    "method": method,
                    "parameters": f"{name}, {scaling} features",
                    "feature_scaling": scaling,
                    "prototype": number,
                    "cluster_id": None if number is None else int(clusters[number]),
                    "radius": radius,
                    **scores,
                }
                for place, feature in enumerate(features):
                    row[feature] = (
                        None if number is None else float(prototypes[number, place])
                    )
                rows.append(row)
    frame = empty(features)
    if rows:
        frame = pd.DataFrame(rows)[list(frame)].astype(frame.dtypes.to_dict())
    return frame


def one_cluster(points):
    """All points as one cluster: what is left when no division holds."""
    center = points.mean(axis=0, keepdims=True)
    scores = scores_of(points, np.zeros(len(points), dtype=int))
    return {**scores, "stability_ari": np.nan}, center, np.zeros(1, dtype=int), None


def empty(features):
    """The columns of the result, without a row."""
    kinds = {
        "method": "str",
        "parameters": "str",
        "feature_scaling": "str",
        "prototype": "Int64",
        "cluster_id": "Int64",
        "radius": "float64",
        **dict.fromkeys(SCORES, "float64"),
        **dict.fromkeys(features, "float64"),
    }
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def model(dbt, session):
    """Fit and score the candidates on the sample of customers."""
    sample = dbt.ref("int_segment_sample").df()
    features = [column for column in sample if column not in KEYS]
    with threadpool_limits(1):
        found = candidates(
            sample,
            features,
            dbt.config.meta_get("most_clusters"),
            dbt.config.meta_get("radius_quantiles"),
            int(dbt.config.meta_get("seed")),
        )
    return found
