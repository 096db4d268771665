"""Strategies for what to label next: what each prefers, and what all of them keep to."""

import numpy as np
import pytest

from inference.domain.acquisition import STRATEGIES, Pool, StrategyRefused, choose, entropies, margins


def pool(count=40, labels=4, seed=0, **fields):
    random = np.random.default_rng(seed)
    given = {
        "probabilities": random.dirichlet(np.ones(labels), count),
        "disagreement": random.random(count),
        "embeddings": random.normal(size=(count, 8)),
        "labelled": random.normal(size=(5, 8)),
        "examples": random.normal(size=(2, 8)),
        "counts": np.array([50.0, 20, 5, 1]),
    }
    return Pool(**{**given, **fields})


def draw(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("count", [0, 1, 7, 40, 100])
def test_as_many_as_asked_none_twice_and_the_same_by_the_same_seed(name, count):
    found = choose(name, pool(), count, draw())
    assert len(found) == min(count, 40)
    assert len(set(found.tolist())) == len(found)
    assert set(found.tolist()) <= set(range(40))
    assert found.tolist() == choose(name, pool(), count, draw()).tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_empty_pool_gives_nothing(name):
    empty = pool(probabilities=np.zeros((0, 4)), disagreement=np.zeros(0), embeddings=np.zeros((0, 8)))
    assert not len(choose(name, empty, 5, draw()))


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("least_confidence", lambda p: p.probabilities.max(axis=1)),
        ("margin", lambda p: margins(p.probabilities)),
        ("entropy", lambda p: -entropies(p.probabilities)),
        ("bald", lambda p: -p.disagreement),
        ("rare_first", lambda p: -(p.probabilities / (1 + p.counts)).sum(axis=1)),
    ],
)
def test_the_most_wanted_come_first(name, score):
    given = pool()
    found = choose(name, given, 10, draw())
    scores = score(given)
    assert scores[found].tolist() == sorted(scores.tolist())[:10]


def test_between_two_labels_margin_and_entropy_differ_as_they_should():
    given = pool(probabilities=np.array([[0.5, 0.5, 0, 0], [0.4, 0.2, 0.2, 0.2], [0.97, 0.01, 0.01, 0.01]]))
    assert choose("margin", given, 1, draw()).tolist() == [0]
    assert choose("entropy", given, 1, draw()).tolist() == [1]
    assert choose("least_confidence", given, 1, draw()).tolist() == [1]


def test_equal_scores_are_drawn_not_taken_in_order():
    given = pool(probabilities=np.full((40, 4), 0.25))
    firsts = {int(choose("margin", given, 1, draw(seed))[0]) for seed in range(20)}
    assert len(firsts) > 5


def test_a_fifth_of_the_mix_is_drawn_from_the_rest():
    given = pool(count=200)
    nearest = set(choose("margin", given, 40, draw()).tolist())
    mixed = choose("margin_random", given, 50, draw())
    assert set(mixed[:40].tolist()) == nearest
    assert not nearest & set(mixed[40:].tolist())
    assert set(mixed[40:].tolist()) != set(choose("margin_random", given, 50, draw(1))[40:].tolist())


def test_k_center_covers_every_cluster_before_any_twice_and_leaves_what_is_covered():
    centres = np.eye(8)[:6] * 10
    points = np.repeat(centres, 10, axis=0) + np.random.default_rng(0).normal(0, 0.1, (60, 8))
    given = pool(count=60, embeddings=points, labelled=centres[:2])
    found = choose("k_center", given, 4, draw())
    assert sorted(found // 10) == [2, 3, 4, 5]
    afresh = choose("k_center", pool(count=60, embeddings=points, labelled=None), 6, draw())
    assert sorted(afresh // 10) == [0, 1, 2, 3, 4, 5]


def test_the_mix_of_doubt_and_difference_takes_the_unsure_of_several_kinds():
    centres = np.eye(8)[:3] * 10
    points = np.repeat(centres, 20, axis=0) + np.random.default_rng(0).normal(0, 0.1, (60, 8))
    unsure = np.tile([0.5, 0.5, 0, 0], (60, 1))
    unsure[20:40] = [0.97, 0.01, 0.01, 0.01]
    found = choose("diverse_margin", pool(probabilities=unsure, embeddings=points, labelled=None), 2, draw())
    assert sorted(found // 20) == [0, 2]


def test_like_these_finds_the_neighbours_of_each_example():
    examples = np.eye(8)[:2]
    points = np.concatenate(
        [np.random.default_rng(0).normal(size=(38, 8)) * [0, 0, 1, 1, 1, 1, 1, 1], examples * 3]
    )
    assert sorted(choose("like_these", pool(embeddings=points, examples=examples), 2, draw())) == [38, 39]


def test_what_is_missing_is_named():
    with pytest.raises(StrategyRefused, match="There is no strategy 'best'; there are margin_random, margin"):
        choose("best", pool(), 1, draw())
    for name, field, words in (
        ("bald", "disagreement", "disagrees with itself"),
        ("k_center", "embeddings", "gives embeddings"),
        ("rare_first", "counts", "how many images"),
        ("like_these", "examples", "the like of"),
    ):
        with pytest.raises(StrategyRefused, match=words):
            choose(name, pool(**{field: None}), 1, draw())
