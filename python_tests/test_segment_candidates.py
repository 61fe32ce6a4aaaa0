"""The Python edge behind the segments, on points whose clusters are known."""

import numpy as np
import pandas as pd
import pytest
from harness import python_edge
from sklearn.metrics import adjusted_rand_score

edge = python_edge("customers/ml_segment_candidates.py")
FEATURES = ("a", "b")
QUANTILES = (0.5, 0.9)


def blobs(seed=0, size=120, spread=0.25):
    """Four groups (points, labels) round the corners of a square of side 4."""
    random = np.random.default_rng(seed)
    corners = np.array([[0, 0], [0, 4], [4, 0], [4, 4]])
    labels = np.repeat(np.arange(4), size)
    order = random.permutation(len(labels))
    points = corners[labels] + random.normal(0, spread, (len(labels), 2))
    return points[order], labels[order]


def sample(points, scaling="unskewed"):
    """The frame that the edge reads, customers in the order of the points."""
    return pd.DataFrame(
        {
            "feature_scaling": scaling,
            "customer_id": [f"c{number:05d}" for number in range(len(points))],
            "draw": np.linspace(0, 1, len(points), endpoint=False),
            **{name: points[:, place] for place, name in enumerate(FEATURES)},
        }
    )


def candidates(frame, most_clusters=6, seed=1):
    return edge.candidates(frame, FEATURES, most_clusters, QUANTILES, seed)


def scored(frame, **settings):
    """One row a candidate, by method and the first part of its parameters."""
    found = candidates(frame, **settings).drop_duplicates(["method", "parameters"])
    name = found["parameters"].str.split(",").str[0]
    return found.set_index(name)


def test_the_true_number_of_clusters_scores_best():
    found = scored(sample(blobs()[0]))
    kmeans = found[found["method"] == "kmeans"]
    assert list(kmeans.index) == [f"k={k}" for k in range(1, 7)]
    assert kmeans["silhouette"].idxmax() == "k=4"
    assert kmeans["davies_bouldin"].idxmin() == "k=4"
    assert kmeans["calinski_harabasz"].idxmax() == "k=4"
    assert kmeans.loc["k=4", "stability_ari"] == pytest.approx(1)
    assert kmeans.loc["k=4", "smallest_cluster_share"] == 0.25
    assert kmeans.loc["k=5", "stability_ari"] < 0.95


def test_scores_against_their_definitions():
    points = np.array([[0, 0], [0, 2], [6, 0], [6, 2], [6, 1], [99, 99.0]])
    labels = np.array([0, 0, 1, 1, 1, edge.NOISE])
    found = edge.scores_of(points, labels)
    assert (found["clusters"], found["noise_share"]) == (2, pytest.approx(1 / 6))
    assert found["smallest_cluster_share"] == pytest.approx(2 / 6)
    widths = []
    for i in range(5):
        mean = {
            c: np.mean(
                [
                    np.hypot(*(points[i] - points[j]))
                    for j in range(5)
                    if labels[j] == c and j != i
                ]
            )
            for c in (0, 1)
        }
        own, other = mean[labels[i]], mean[1 - labels[i]]
        widths.append((other - own) / max(own, other))
    assert found["silhouette"] == pytest.approx(np.mean(widths), abs=1e-12)
    # Scatter 1 and 2/3 round centres that are 6 apart.
    assert found["davies_bouldin"] == pytest.approx((1 + 2 / 3) / 6)
    # Between: 2 x 3.6^2 + 3 x 2.4^2 = 43.2; within: 2 + 2; 3 degrees of freedom.
    assert found["calinski_harabasz"] == pytest.approx(43.2 / (4 / 3))


def test_one_cluster_and_no_cluster_have_no_index():
    points, _ = blobs(size=5)
    whole = edge.scores_of(points, np.zeros(20, dtype=int))
    assert (whole["clusters"], whole["smallest_cluster_share"]) == (1, 1)
    none = edge.scores_of(points, np.full(20, edge.NOISE))
    assert (none["clusters"], none["noise_share"]) == (0, 1)
    assert np.isnan(none["smallest_cluster_share"])
    for scores in (whole, none):
        for name in ("silhouette", "davies_bouldin", "calinski_harabasz"):
            assert np.isnan(scores[name])


def test_nearest_is_nearest_and_far_is_noise():
    prototypes = np.array([[0.0, 0], [10, 0]])
    points = np.array([[4.9, 0], [5.1, 0], [1, 0], [1.01, 0]])
    assert list(edge.nearest(points, prototypes, [7, 8])) == [7, 8, 7, 7]
    assert list(edge.nearest(points, prototypes, [7, 8], radius=1)) == [-1, -1, 7, -1]
    assert list(edge.nearest(points, prototypes[:0], [])) == [-1] * 4


def test_radii_are_distances_to_neighbours():
    line = np.column_stack([np.arange(11.0), np.zeros(11)])
    # The third neighbour, itself the first: 1 inside the line, 2 at its ends.
    assert sorted(edge.neighbour_distances(line, 3)) == [1] * 9 + [2] * 2
    assert edge.radii(line, 3, (0.5, 0.6, 1)) == {0.5: 1, 1: 2}
    assert edge.radii(np.zeros((11, 2)), 3, (0.5,)) == {}
    assert edge.radii(line[:3], 3, (0.5,)) == {}


def test_dbscan_finds_the_groups_and_calls_stragglers_noise():
    points, labels = blobs()
    stragglers = np.array([[2.0, 2], [-9, 9], [9, -9], [20, 20]])
    points = np.concatenate([points, stragglers])
    scores, cores, clusters, radius = edge.dbscan_candidate(points, 0.4, 4, seed=1)
    assert scores["clusters"] == 4
    assert scores["noise_share"] >= 4 / len(points)
    found = edge.nearest(points, cores, clusters, radius)
    assert list(found[-4:]) == [-1] * 4
    assert adjusted_rand_score(labels, found[:-4]) > 0.97
    # Clusters are numbered by the coordinates of their means.
    means = [tuple(cores[clusters == c].mean(axis=0)) for c in range(4)]
    assert means == sorted(means)


def test_a_narrow_radius_calls_most_points_noise_and_says_so():
    points, _ = blobs()
    scores, _, _, _ = edge.dbscan_candidate(points, 0.03, 4, seed=1)
    assert scores["noise_share"] > 0.5


def test_five_seeds_find_the_same_centres_in_the_same_order():
    points, _ = blobs(spread=0.6)
    first = edge.fit_kmeans(points, 4, seed=0)
    for seed in (1, 2, 3, 4):
        np.testing.assert_allclose(edge.fit_kmeans(points, 4, seed), first, atol=1e-6)


def test_centres_are_the_means_of_all_points_not_of_those_they_started_from():
    points, _ = blobs(size=1500, spread=0.8)
    assert len(points) > edge.START_CUSTOMERS
    centers = edge.fit_kmeans(points, 4, seed=1)
    labels = edge.nearest(points, centers, range(4))
    means = [points[labels == cluster].mean(axis=0) for cluster in range(4)]
    np.testing.assert_allclose(centers, means, atol=0.005)
    few = edge.fit_kmeans(points[: edge.START_CUSTOMERS], 4, seed=1)
    assert np.abs(few - centers).max() > 0.005


def test_the_order_of_rows_does_not_matter():
    frame = sample(blobs(spread=1.2)[0])
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(candidates(frame), candidates(shuffled))


def test_stability_tells_a_found_division_from_an_invented_one():
    points, labels = blobs()

    def fit(drawn, seed):
        centers = edge.fit_kmeans(drawn, 4, seed)
        return lambda others: edge.nearest(others, centers, range(4))

    assert edge.stability(points, labels, fit, 1, 200) > 0.99
    invented = np.random.default_rng(0).permutation(labels)
    assert abs(edge.stability(points, invented, fit, 1, 200)) < 0.05


def test_scalings_are_fitted_apart():
    points, _ = blobs()
    both = pd.concat([sample(points, "standard"), sample(points * 100, "unskewed")])
    found = candidates(both)
    largest = found.groupby("feature_scaling")["a"].max()
    assert largest["standard"] < 10 < 300 < largest["unskewed"]


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((1, 2)),
        np.zeros((2, 2)),
        np.zeros((500, 2)),
        np.array([[0.0, 0], [1, 1]]),
        np.full((30, 2), np.nan),
        np.array([[np.inf, 0], [-np.inf, 1], [np.nan, 2]] * 20),
    ],
    ids=["one", "two alike", "all alike", "two", "nothing known", "infinite"],
)
def test_too_little_to_divide_is_one_cluster(points):
    found = candidates(sample(points))
    assert found.loc[found["parameters"] == "k=1, unskewed features"].shape[0] == 1
    assert (found["parameters"] == "k=2, unskewed features").any() == (
        len(np.unique(np.where(np.isfinite(points), points, 0), axis=0)) > 2
    )
    assert (
        np.isfinite(found.loc[found["prototype"].notna(), list(FEATURES)])
        .to_numpy()
        .all()
    )


def test_a_constant_feature_changes_nothing():
    points, _ = blobs()
    points[:, 1] = 0
    found = candidates(sample(points))
    centers = found[found["parameters"] == "k=2, unskewed features"]
    assert sorted(centers["a"].round(1)) == [0, 4]
    assert set(centers["b"]) == {0}


def test_nobody_gives_an_empty_frame_with_its_columns():
    found = candidates(sample(np.zeros((0, 2))))
    assert len(found) == 0
    assert list(found) == list(edge.empty(FEATURES))
    assert (found.dtypes == edge.empty(FEATURES).dtypes).all()
