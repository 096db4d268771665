"""Boxes of a detector: doubles suppressed, brought back to the picture's pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain.boxes import suppress, to_input, to_upright

BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10], [20, 20, 30, 30]], dtype=np.float64)


def test_the_surer_of_two_that_overlap_stays_within_each_label():
    kept = suppress(BOXES, np.array([0.6, 0.9, 0.5, 0.3]), np.array([0, 0, 1, 0]), overlap=0.5)
    assert kept.tolist() == [1, 2, 3]


def test_boxes_that_overlap_by_less_both_stay():
    # Nine tenths are shared: 90 of 110.
    assert len(suppress(BOXES[:2], np.array([0.6, 0.9]), np.zeros(2), overlap=0.82)) == 2
    assert len(suppress(BOXES[:2], np.array([0.6, 0.9]), np.zeros(2), overlap=0.81)) == 1


def test_none_of_none_are_kept():
    assert suppress(np.zeros((0, 4)), np.zeros(0), np.zeros(0), overlap=0.5).shape == (0,)


@pytest.mark.parametrize(
    ("resize", "ratios", "width", "height", "expected"),
    [
        ("squash", [0, 0.25, 1, 1], 100, 200, [0, 50, 100, 200]),
        ("letterbox", [0.25, 0.25, 0.75, 0.5], 100, 200, [0, 50, 100, 100]),
        ("crop", [0, 0.25, 1, 1], 100, 200, [0, 75, 100, 150]),
    ],
)
def test_a_box_comes_back_to_the_pixels_it_was_seen_in(resize, ratios, width, height, expected):
    assert to_upright(np.array([ratios]), resize, width, height).tolist() == [expected]
    assert to_input(np.array([expected]), resize, width, height) == pytest.approx(np.array([ratios]))


@given(
    st.sampled_from(["squash", "letterbox", "crop"]),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.lists(st.floats(-2, 3), min_size=4, max_size=4),
)
def test_no_box_leaves_the_picture(resize, width, height, sides):
    (box,) = to_upright(np.array([sides]), resize, width, height)
    assert min(box) >= 0
    assert max(box[0], box[2]) <= width
    assert max(box[1], box[3]) <= height
