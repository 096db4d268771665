"""A detector beside the boxes of the nearest other picture: counts, F1 and the interval of the difference."""

import numpy as np
import pytest

from inference.domain.baseline_words import conclusion, told
from inference.domain.box_baseline import Seen, ahead, measured
from inference.domain.trivial import nearest_other

NOTHING = np.empty((0, 4))


def seen(held, found, side=100):
    """An image whose things lie at these places, of which the model finds those; all of one label."""
    held, found = (np.array([[x, 0, x + 10, 10] for x in places], dtype=float) for places in (held, found))
    held, found = held.reshape(-1, 4), found.reshape(-1, 4)
    labels = np.zeros(len(found), dtype=np.intp)
    return Seen(side, side, found, np.full(len(found), 0.9), labels, held, np.zeros(len(held), dtype=np.intp))


def test_the_nearest_picture_is_of_another_burst():
    thumbnails = np.array([[0.0], [0.1], [5.0], [4.0]])
    assert nearest_other(thumbnails, np.array([0, 0, 1, 1])) == [3, 3, 1, 1]
    assert nearest_other(thumbnails[:2], np.array([0, 0])) == [None, None]


def test_the_rule_copies_the_boxes_of_the_nearest_picture():
    images = [seen([0, 50], [0]), seen([0], [0]), seen([70], [])]
    found = measured(images, np.array([[0.0], [1.0], [9.0]]), np.array([0, 1, 2]), ["can"], 0.3)
    assert (found["right"], found["proposed"], found["boxes"], found["empty"]) == (2, 2, 4, 0)
    assert found["f1"] == pytest.approx(4 / 6)
    # The first two copy each other; the third copies the second, whose one box is elsewhere.
    assert found["thumbnail"] == {"right": 2, "proposed": 4, "f1": pytest.approx(4 / 8)}
    gap, low, high = found["ahead"]["thumbnail"]
    assert gap == pytest.approx(4 / 6 - 4 / 8)
    assert low <= gap <= high


def test_boxes_are_copied_in_ratios_of_the_picture():
    small = Seen(
        50, 50, NOTHING, np.empty(0), np.empty(0, np.intp), np.array([[0, 0, 5.0, 5]]), np.zeros(1, np.intp)
    )
    images = [seen([0], []), small]
    found = measured(images, np.zeros((2, 1)), np.array([0, 1]), ["can"], 0.3)
    assert found["thumbnail"]["right"] == 2


def test_a_box_below_the_floor_is_no_proposal():
    image = seen([0], [0])
    image.scores[:] = 0.2
    found = measured([image], np.zeros((1, 1)), np.zeros(1), ["can"], 0.3)
    assert (found["right"], found["proposed"], found["f1"]) == (0, 0, 0)
    assert found["per_label"]["can"]["ap"] == 1


def test_where_nothing_is_there_and_nothing_is_said_nothing_is_compared():
    found = measured([seen([], [])], np.zeros((1, 1)), np.zeros(1), ["can"], 0.3)
    assert (found["f1"], found["ahead"]["thumbnail"], found["empty"]) == (None, None, 1)
    assert conclusion(found) == ""


def test_a_difference_that_is_the_same_in_every_image_is_certain():
    better, worse = np.tile([1, 1, 1], (20, 1)), np.tile([0, 1, 1], (20, 1))
    assert ahead(better, worse) == [1, 1, 1]
    assert ahead(better, worse) == ahead(better, worse)
    mixed = np.array([[1, 1, 1], [0, 1, 1]] * 20)
    gap, low, high = ahead(mixed, mixed[::-1])
    assert gap == 0
    assert low < 0 < high


def test_what_it_came_to_is_said():
    found = {
        "images": 1,
        "latency_ms": 2.0,
        **measured([seen([0], [0])] * 1, np.zeros((1, 1)), np.zeros(1), ["can"], 0.3),
    }
    assert "it finds 1 of 1 things, and 1 of 1 boxes are right: F1 1.000, mAP at 0.5 1.000" in told(found)
    assert "It is better than the boxes of the nearest other picture" in told(found)
