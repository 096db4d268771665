"""How strange a picture is: against scikit-learn's neighbours, and on clouds of points known to be near or far."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from inference.domain.novelty import NEIGHBOURS, known_from, novelty


def cloud(count, centre, seed=0):
    return np.random.default_rng(seed).normal(0, 0.3, (count, 16)) + centre


CENTRE = np.eye(16)[0] * 2


def test_the_distance_is_that_of_the_kth_nearest_neighbour():
    learnt, asked = cloud(80, CENTRE), cloud(20, CENTRE, seed=1)
    theirs = NearestNeighbors(n_neighbors=NEIGHBOURS, metric="cosine").fit(learnt).kneighbors(asked)[0][:, -1]
    assert novelty(known_from(learnt), asked).distances == pytest.approx(theirs, abs=1e-5)


def test_each_known_image_is_held_against_the_others_and_not_against_itself():
    learnt = cloud(50, CENTRE)
    theirs = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, metric="cosine").fit(learnt).kneighbors()[0]
    quantiles = known_from(learnt).quantiles
    assert quantiles[[0, -1]] == pytest.approx([theirs[:, -2].min(), theirs[:, -2].max()], abs=1e-5)


def test_familiar_pictures_are_spread_over_the_shares_and_strange_ones_at_the_end():
    known = known_from(cloud(300, CENTRE), like=cloud(300, CENTRE, seed=1))
    familiar = novelty(known, cloud(300, CENTRE, seed=2)).shares
    assert familiar.mean() == pytest.approx(0.5, abs=0.06)
    assert (familiar > 0.95).mean() < 0.12
    assert (novelty(known, cloud(50, np.eye(16)[3] * 2)).shares == 1).all()


def test_a_picture_without_any_feature_is_strange_not_an_error():
    assert novelty(known_from(cloud(30, CENTRE)), np.zeros((1, 16))).shares.tolist() == [1.0]


def test_one_image_is_too_few_to_know_anything():
    with pytest.raises(ValueError, match="at least two"):
        known_from(np.ones((1, 4)))
    few = novelty(known_from(np.eye(3)), np.eye(3)[:1])
    assert few.distances == pytest.approx([1.0])
