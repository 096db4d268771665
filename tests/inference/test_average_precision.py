"""Average precision and the figures beside it, on cases worked out by hand."""

import numpy as np
import pytest

from inference.domain.average_precision import average_precision, best_floor, evaluate_boxes, judged

UNIT = np.array([0.0, 0.0, 1.0, 1.0])


def image(found, held, gap=2.0):
    """Things in a row: `found` are (place, score, label), `held` labels by place; a place is a unit square."""
    boxes = np.array([UNIT + np.array([gap, 0, gap, 0]) * place for place, _, _ in found]).reshape(-1, 4)
    there = np.array([UNIT + np.array([gap, 0, gap, 0]) * place for place in range(len(held))]).reshape(-1, 4)
    return judged(
        boxes,
        np.array([score for _, score, _ in found]),
        np.array([label for _, _, label in found], dtype=np.intp),
        there,
        np.array(held, dtype=np.intp),
    )


def test_the_area_is_that_of_the_worked_example():
    # Right, wrong, right, wrong, right of four things: precision 1, 2/3 and 3/5 at the three recalls reached.
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, False, True, False, True])
    assert average_precision(scores, right, 4) == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)


def test_a_later_higher_precision_counts_for_the_recalls_before_it():
    assert average_precision(np.array([0.9, 0.8, 0.7]), np.array([False, True, True]), 2) == pytest.approx(
        2 / 3
    )


def test_the_order_of_the_boxes_does_not_matter():
    scores, right = np.array([0.5, 0.9, 0.7]), np.array([True, True, False])
    assert average_precision(scores, right, 2) == average_precision(scores[::-1], right[::-1], 2)


def test_a_thing_found_twice_is_right_once():
    figures = evaluate_boxes([image([(0, 0.9, 0), (0, 0.8, 0)], [0])], ["cup"], floor=0.5)
    assert figures["map"] == 1
    assert figures["precision"] == 0.5
    assert figures["recall"] == 1


def test_figures_by_label_and_over_all():
    images = [image([(0, 0.9, 0), (1, 0.8, 0)], [0, 1]), image([(0, 0.4, 1), (5, 0.35, 1)], [1])]
    figures = evaluate_boxes(images, ["cup", "plate", "fork"], floor=0.3)
    assert figures["count"] == 2
    assert figures["per_label"]["cup"] == {
        "ap": 1.0,
        "precision": 0.5,
        "recall": 1.0,
        "f1": pytest.approx(2 / 3),
        "support": 1,
    }
    assert figures["per_label"]["plate"]["ap"] == pytest.approx(0.5)
    assert figures["per_label"]["fork"] == {
        "ap": None,
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
    }
    assert figures["map"] == pytest.approx(0.75)
    assert figures["f1"] == pytest.approx(2 * 2 / (4 + 3))
    assert evaluate_boxes(images, ["cup", "plate"], floor=0.5)["recall"] == pytest.approx(1 / 3)


def test_images_of_nothing_have_no_average_but_count_what_is_invented():
    figures = evaluate_boxes([image([(0, 0.9, 0)], [])], ["cup"], floor=0.5)
    assert figures["map"] is None
    assert figures["precision"] == 0
    assert figures["recall"] is None
    with pytest.raises(ValueError, match="at least one image"):
        evaluate_boxes([], ["cup"], floor=0.5)


def test_the_best_floor_keeps_what_is_right_and_leaves_out_what_is_not():
    images = [image([(0, 0.8, 0), (5, 0.3, 0)], [0]), image([(0, 0.6, 0), (5, 0.2, 0)], [0])]
    assert best_floor(images) == 0.6
    assert best_floor([image([(5, 0.9, 0)], [0])]) is None
    assert best_floor([image([], [0])]) is None
