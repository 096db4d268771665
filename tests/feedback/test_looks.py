"""What a model sees as nearly the same: exactly the pairs it should be, in any order, on the disk, of any dimension."""

import numpy as np
import pytest

from feedback.domain import looks
from feedback.domain.groups import Together
from feedback.domain.looks import LEAST, NEARER, limits, seen_alike
from inference.domain.novelty import directions


def sets_of(pairs, count):
    together = Together(count)
    for one, other in pairs:
        together.join(one, other)
    return [together.find(number) for number in range(count)]


def crowd(count=300, features=6, twins=60):
    """Embeddings, some of them next to an earlier one."""
    random = np.random.default_rng(1)
    vectors = np.abs(random.normal(size=(count, features)))
    vectors[-twins:] = vectors[:twins] * 1.5 + random.normal(0, 0.002, (twins, features))
    return vectors[random.permutation(count)].astype(np.float16)


@pytest.mark.parametrize("block", [7, 64, 1024])
def test_the_pairs_link_what_comparing_all_with_all_does(monkeypatch, block):
    monkeypatch.setattr(looks, "_BLOCK", block)
    vectors = crowd()
    sets = np.arange(len(vectors)) // 2
    most = np.random.default_rng(2).uniform(0, 0.004, len(vectors))
    seen = directions(vectors)
    near = 1 - seen @ seen.T <= np.minimum.outer(most, most)
    near &= sets[:, None] != sets[None, :]
    found = seen_alike(vectors, sets, most)
    assert sets_of(found, len(vectors)) == sets_of(np.argwhere(near), len(vectors))
    assert 20 < len(found) < len(vectors)


def test_the_limit_is_a_share_of_what_lies_between_different_pictures_of_a_label():
    angles = np.concatenate([np.arange(40) * 0.01, 2 + np.arange(40) * 0.03, [1.0, 1.2]])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = limits(vectors, np.arange(82), ["near"] * 40 + ["far"] * 40 + ["few"] * 2)
    assert found[:40] == pytest.approx(NEARER * (1 - np.cos(0.01)), rel=1e-2)
    assert found[40:80] == pytest.approx(NEARER * (1 - np.cos(0.03)), rel=1e-2)
    assert (found[80:] == found[0]).all()


def test_a_burst_says_nothing_of_how_far_apart_different_pictures_are():
    angles = np.repeat(np.arange(40) * 0.02, 3) + np.tile([0, 1e-3, 2e-3], 40)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sets = np.repeat(np.arange(40), 3)
    found = limits(vectors, sets, ["one"] * 120)
    assert found[0] == pytest.approx(NEARER * (1 - np.cos(0.018)), rel=0.05)
    assert limits(vectors, np.arange(120), ["one"] * 120)[0] < found[0] / 100


def test_of_few_pictures_nothing_is_said():
    vectors = crowd(LEAST - 1, twins=4)
    most = limits(vectors, np.arange(len(vectors)), [""] * len(vectors))
    assert seen_alike(vectors, np.arange(len(vectors)), most) == []


def test_vectors_stay_on_the_disk(tmp_path):
    vectors = crowd()
    vectors.tofile(tmp_path / "seen")
    kept = np.memmap(tmp_path / "seen", dtype=np.float16, mode="r").reshape(vectors.shape)
    sets, kinds = np.arange(len(vectors)), [""] * len(vectors)
    assert seen_alike(kept, sets, limits(kept, sets, kinds)) == seen_alike(
        vectors, sets, limits(vectors, sets, kinds)
    )
