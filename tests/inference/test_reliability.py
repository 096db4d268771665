"""Reliability, calibration error and Brier score, against scikit-learn, sums by hand and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from inference.domain.calibration import (
    fit_temperature,
    rescaled,
    rescaled_confidence,
    softmax,
)
from inference.domain.metrics import expected_calibration_error
from inference.domain.reliability import brier_score, reliability
from labeling.domain.intervals import wilson

WEIGHTS = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0.1, 30)), min_size=1, max_size=60)


def drawn(count, seed=0, labels=4, temperature=1.0):
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (count, labels))
    cumulated = softmax(logits, temperature).cumsum(axis=1)
    truth = (random.random((count, 1)) > cumulated).sum(axis=1).clip(max=labels - 1)
    return softmax(logits), truth


@given(WEIGHTS)
def test_bins_hold_every_prediction_once_and_their_intervals_hold_the_accuracy(rows):
    confidence, correct, weights = (np.array(column) for column in zip(*rows, strict=True))
    found = reliability(confidence, correct, weights)
    assert sum(each.count for each in found.bins) == len(rows)
    assert 0 <= found.ece <= 1
    assert 0 <= found.brier <= 1
    for each in found.bins:
        assert each.low - 1e-9 <= each.confidence <= each.high + 1e-9
        assert each.interval[0] - 1e-9 <= each.accuracy <= each.interval[1] + 1e-9
        assert each.effective <= each.count + 1e-6


def test_a_weight_of_three_counts_as_three_predictions():
    confidence, correct = np.array([0.9, 0.6, 0.8]), np.array([True, False, True])
    weighted = reliability(confidence, correct, np.array([3.0, 1.0, 2.0]), bins=1)
    repeated = reliability(np.repeat(confidence, [3, 1, 2]), np.repeat(correct, [3, 1, 2]), bins=1)
    assert weighted.ece == pytest.approx(repeated.ece)
    assert weighted.brier == pytest.approx(repeated.brier)
    assert weighted.accuracy == pytest.approx(5 / 6)
    assert weighted.effective == pytest.approx(36 / 14)


def test_without_weights_it_is_the_error_of_bins_of_equal_count():
    probabilities, truth = drawn(600)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    found = reliability(confidence, correct, bins=15)
    assert found.ece == pytest.approx(expected_calibration_error(confidence, correct, bins=15))
    assert [each.count for each in found.bins] == [40] * 15
    first = found.bins[0]
    assert first.interval == pytest.approx(wilson(round(first.accuracy * 40), 40))


def test_the_floor_is_what_an_exact_confidence_shows_by_chance():
    random = np.random.default_rng(3)
    confidence, weights = random.uniform(0.5, 1, 400), random.uniform(1, 10, 400)
    errors = []
    for _ in range(200):
        correct = random.random(400) < confidence
        errors.append(reliability(confidence, correct, weights).ece)
    assert np.mean(errors) == pytest.approx(reliability(confidence, correct, weights).ece_floor, rel=0.05)


def test_brier_score_and_log_loss_agree_with_scikit_learn():
    probabilities, truth = drawn(300)
    weights = np.random.default_rng(5).uniform(1, 20, 300)
    theirs = brier_score_loss(
        truth, probabilities, sample_weight=weights, labels=range(4), scale_by_half=False
    )
    assert brier_score(probabilities, truth, weights) == pytest.approx(theirs)
    correct, confidence = probabilities.argmax(axis=1) == truth, probabilities.max(axis=1)
    assert reliability(confidence, correct, weights).brier == pytest.approx(
        brier_score_loss(correct, confidence, sample_weight=weights)
    )


def test_a_weighted_temperature_has_the_least_weighted_log_loss():
    probabilities, truth = drawn(2000, temperature=2.5)
    weights = np.where(truth == 0, 10.0, 1.0)
    fitted = fit_temperature(np.log(probabilities), truth, weights)
    at = {
        step: log_loss(truth, rescaled(probabilities, fitted * step), sample_weight=weights, labels=range(4))
        for step in (0.95, 1.0, 1.05)
    }
    assert min(at, key=at.__getitem__) == 1.0
    assert fitted != pytest.approx(fit_temperature(np.log(probabilities), truth), rel=1e-3)


@given(st.floats(0.5, 5), st.floats(0.5, 5))
def test_scores_of_one_temperature_come_exactly_to_another(one, other):
    logits = np.random.default_rng(2).normal(0, 1.5, (20, 3))
    there = rescaled(softmax(logits, one), other / one)
    assert there == pytest.approx(softmax(logits, other), abs=1e-5)
    assert (there.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_a_confidence_alone_is_rescaled_as_one_of_two_labels():
    confidence = np.array([0.0, 0.3, 0.5, 0.9, 1.0])
    softer = rescaled_confidence(confidence, 2.0)
    assert softer[2] == pytest.approx(0.5)
    assert 0.5 < softer[3] < 0.9
    assert 0.3 < softer[1] < 0.5
    assert rescaled_confidence(softer, 0.5) == pytest.approx(confidence, abs=1e-6)


def test_it_refuses_to_measure_nothing():
    with pytest.raises(ValueError, match="at least one"):
        reliability(np.empty(0), np.empty(0))
