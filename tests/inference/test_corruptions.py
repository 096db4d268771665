"""Pictures made worse on purpose: each strength worse than the one before, the same each time, and of the same size."""

import numpy as np
import pytest
from PIL import Image

from inference.corruptions import KINDS, STRENGTHS, corrupted, variants
from inference.imaging import Preprocessing, to_array, to_arrays
from tests.factories.inference import coloured


@pytest.fixture(scope="module")
def picture():
    """Stripes and a slope: something to blur, to turn and to compress."""
    x, y = np.meshgrid(np.arange(96), np.arange(64))
    planes = [(x * 2) % 256, np.where(x // 6 % 2, 200, 40), (y * 3) % 256]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def away(picture, variant):
    made = np.asarray(corrupted(picture, variant), dtype=float)
    assert made.shape == (64, 96, 3)
    return np.abs(made - np.asarray(picture, dtype=float)).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_each_strength_is_farther_from_the_picture_than_the_one_before(picture, kind):
    distances = [away(picture, f"{kind} {strength}") for strength in STRENGTHS]
    assert distances[0] > 0
    # Turned stripes may fall on each other again: of a turn the first and the last tell.
    assert distances == sorted(distances) or (kind == "rotation" and distances[-1] > distances[0])


def test_it_is_the_same_each_time(picture):
    for variant in variants():
        again = [np.asarray(corrupted(picture, variant)) for _ in range(2)]
        assert np.array_equal(*again)


def test_what_moves_things_is_left_out_where_places_count():
    assert len(variants()) == 25
    assert {name.split()[0] for name in variants()} - {
        name.split()[0] for name in variants(moving=False)
    } == {"rotation"}


def test_an_uncorrupted_picture_is_the_array_that_is_served():
    data, preprocessing = coloured("green", 3), Preprocessing(size=16)
    plain, dark = to_arrays(
        data, preprocessing, [lambda each: each, lambda each: corrupted(each, "brightness 5")]
    )
    assert np.array_equal(plain, to_array(data, preprocessing))
    assert dark.mean() < plain.mean() / 3
