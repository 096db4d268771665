"""Figures of a classifier, on examples small enough to work out by hand."""

import json

import numpy as np
import pytest

from inference.domain.metrics import confusion, evaluate, expected_calibration_error, per_label

LABELS = ["full", "low", "empty"]
TRUTH = np.array([0, 0, 0, 1, 1])
PREDICTED = np.array([0, 0, 1, 1, 0])


def test_confusion_counts_truth_by_row():
    assert confusion(TRUTH, PREDICTED, 3).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_per_label_figures_and_none_where_they_have_no_meaning():
    figures = per_label(confusion(TRUTH, PREDICTED, 3), LABELS)
    assert figures["full"] == {"precision": 2 / 3, "recall": 2 / 3, "support": 3}
    assert figures["low"] == {"precision": 1 / 2, "recall": 1 / 2, "support": 2}
    assert figures["empty"] == {"precision": None, "recall": None, "support": 0}


def test_calibration_error_of_bins_of_equal_mass():
    confidence = np.array([0.95, 0.55, 0.85, 0.65])
    correct = np.array([True, False, True, True])
    # Bins {0.55 wrong, 0.65 right} and {0.85, 0.95 right}: |0.5 - 0.6| and |1 - 0.9|, half the images each.
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0.1)


def test_calibration_error_is_nought_for_a_model_that_is_always_sure_and_right():
    assert expected_calibration_error(np.ones(7), np.ones(7, dtype=bool)) == 0


def test_evaluate_gives_figures_that_json_can_hold():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    figures = evaluate(probabilities, np.array([0, 0]), LABELS)
    assert figures["count"] == 2
    assert figures["accuracy"] == 0.5
    assert figures["nll"] == pytest.approx(-(np.log(0.8) + np.log(0.2)) / 2)
    assert figures["confusion"] == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.parametrize(("shape", "count"), [((0, 3), 0), ((2, 2), 2), ((2, 3), 3)])
def test_evaluate_refuses_shapes_that_disagree(shape, count):
    with pytest.raises(ValueError, match="3 labels"):
        evaluate(np.full(shape, 0.5), np.zeros(count, dtype=int), LABELS)
