"""What a change is made of: the two-sample tests against other implementations and known cases, and what is said."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel

from inference.domain.drift import two_samples
from inference.domain.drift.explaining import LEAST, explain
from tests.inference.test_drift import stream


def points(count, seed, shift=0.0, width=3):
    return np.random.default_rng(seed).normal(size=(count, width)) + shift


def test_mmd_is_the_sum_over_pairs_that_gretton_gives():
    first, second = points(12, 1), points(9, 2, shift=0.7)
    pooled = np.vstack((first, second))
    distances = [np.linalg.norm(a - b) for i, a in enumerate(pooled) for b in pooled[:i]]
    width = two_samples.median_distance(pooled)
    assert width == pytest.approx(np.median(distances))
    kernel = rbf_kernel(pooled, gamma=1 / (2 * width**2))

    def mean_of(rows, columns):
        return np.mean([kernel[i, j] for i in rows for j in columns if i != j])

    own, other = range(12), range(12, 21)
    expected = mean_of(own, own) + mean_of(other, other) - 2 * mean_of(own, other)
    assert two_samples.discrepancy(first, second).squared == pytest.approx(expected)


def test_mmd_of_one_distribution_is_zero_on_average_and_its_p_uniform():
    found = [
        two_samples.discrepancy(points(25, 2 * seed), points(25, 2 * seed + 1), permutations=99)
        for seed in range(60)
    ]
    squared = np.array([each.squared for each in found])
    assert abs(squared.mean()) < 3 * squared.std(ddof=1) / np.sqrt(len(squared))
    assert squared.min() < 0
    assert np.quantile([each.p for each in found], [0.1, 0.5, 0.9]) == pytest.approx(
        [0.1, 0.5, 0.9], abs=0.15
    )


def test_mmd_of_what_moved_is_as_unlikely_as_its_permutations_can_tell():
    assert two_samples.discrepancy(points(40, 3), points(40, 4, shift=1.5)).p == pytest.approx(1 / 501)
    same = np.ones((5, 2))
    assert two_samples.discrepancy(same, same).p == 1
    with pytest.raises(ValueError, match="at least two"):
        two_samples.discrepancy(points(1, 0), points(5, 0))


def test_the_logistic_regression_and_the_auroc_are_sklearns():
    first, second = points(60, 5), points(45, 6, shift=0.5)
    pooled, is_second = np.vstack((first, second)), np.repeat([False, True], [60, 45])
    other = LogisticRegression(C=1.0, tol=1e-10).fit(pooled, is_second)
    weights = two_samples.logistic(pooled, is_second)
    assert weights == pytest.approx([*other.coef_[0], *other.intercept_], abs=1e-4)
    scores = (pooled @ weights[:-1]).round(1)
    assert two_samples.auroc(scores[:60], scores[60:]) == pytest.approx(roc_auc_score(is_second, scores))


def test_each_point_is_scored_by_a_classifier_that_has_not_seen_its_fold():
    first, second = points(50, 7), points(50, 8, shift=0.4)
    told = two_samples.separation(first, second)
    pooled, is_second = np.vstack((first, second)), np.repeat([False, True], [50, 50])
    fold = np.tile(np.arange(5).repeat(10), 2)
    parts = []
    for number in range(5):
        other = LogisticRegression(C=1.0, tol=1e-10).fit(pooled[fold != number], is_second[fold != number])
        scores = other.decision_function(pooled[fold == number])
        assert told.scores[fold == number] == pytest.approx(scores, abs=1e-3)
        parts.append(roc_auc_score(is_second[fold == number], scores))
    assert told.auroc == pytest.approx(np.mean(parts))
    with pytest.raises(ValueError, match="at least 5"):
        two_samples.separation(first[:4], second)


def test_nearly_the_same_pictures_one_after_the_other_are_not_told_apart_by_heart():
    """Ten of each stretch are one picture ten times: a fold drawn at random would know them all."""
    areas = []
    for seed in range(30, 46, 2):
        first, second = (points(5, each, width=40).repeat(10, axis=0) for each in (seed, seed + 1))
        areas.append(two_samples.separation(first, second).auroc)
    assert np.mean(areas) < 0.75


def test_the_bounds_of_an_auroc_cover_it_as_often_as_they_say():
    # The AUROC of two normal distributions one deviation apart is Φ(1/√2).
    truth, covered = 0.7602499389065233, 0
    random = np.random.default_rng(11)
    for _ in range(400):
        area = two_samples.auroc(random.normal(size=30), random.normal(size=40) + 1)
        low, high = two_samples.bounds(area, 30, 40)
        covered += low <= truth <= high
    assert 0.92 <= covered / 400 <= 0.98
    low, high = two_samples.bounds(1.0, 20, 20)
    assert high == 1.0
    assert 0.8 < low < 0.95


def test_the_number_that_moved_tells_the_most_and_the_rest_nothing():
    told = explain(stream(200, seed=14), stream(160, seed=15, sharpness=-3))
    assert (told.before, told.after) == (200, 160)
    assert told.p < 0.01
    assert told.low > 0.9
    (name, area), *others = told.alone
    assert name == "sharpness"
    assert area > 0.95
    assert all(other < 0.65 for _, other in others)


def test_the_images_that_look_newest_are_those_that_changed():
    before, after = stream(200, seed=16), stream(100, seed=17)
    changed = np.arange(0, 100, 4)
    after.embeddings[changed] += 4
    newest = explain(before, after).newest
    assert len(newest) == 6
    assert set(newest) <= set(changed)


def test_what_did_not_change_is_not_told_apart_even_where_a_camera_sends_more():
    after = stream(200, seed=19)
    after = after[np.flatnonzero((after.sources == "dairy") | (np.arange(200) % 6 == 1))]
    told = explain(stream(200, seed=18), after)
    assert told.low < 0.5
    assert told.p > 0.05


def test_of_few_captures_nothing_is_said_and_a_model_without_embeddings_is_explained():
    assert explain(stream(200, seed=20), stream(LEAST - 1, seed=21)) is None
    before, after = stream(60, seed=22), stream(60, seed=23, brightness=3)
    bare = [
        type(each)(each.scalars, each.labels, each.embeddings[:, :0], each.sources)
        for each in (before, after)
    ]
    assert next(name for name, _ in explain(*bare).alone) == "brightness"
    assert "embedding" not in dict(explain(*bare).alone)
