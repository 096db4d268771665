"""Temperature scaling, against a grid of the formula and against data made at a known temperature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain.calibration import (
    COLDEST,
    fit_temperature,
    log_softmax,
    negative_log_likelihood,
    softmax,
)
from inference.domain.metrics import expected_calibration_error


def drawn(temperature: float, count: int, labels: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose truth was drawn from their own softmax at `temperature`."""
    random = np.random.default_rng(1)
    logits = random.normal(0, 4, (count, labels))
    cumulated = softmax(logits, temperature).cumsum(axis=1)
    return logits, (random.random((count, 1)) > cumulated).sum(axis=1).clip(max=labels - 1)


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=8), st.floats(0.05, 20))
def test_softmax_adds_up_to_one_whatever_the_logits(logits, temperature):
    probabilities = softmax(np.array([logits]), temperature)
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1)
    assert np.isfinite(log_softmax(np.array([logits]), temperature)).all()


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_it_finds_the_temperature_that_data_was_made_with(temperature):
    logits, truth = drawn(temperature, 20_000)
    assert fit_temperature(logits, truth) == pytest.approx(temperature, rel=0.05)


def test_it_finds_the_least_loss_of_a_fine_grid():
    logits, truth = drawn(2.0, 500)
    grid = np.exp(np.linspace(np.log(0.2), np.log(10), 4000))
    losses = [negative_log_likelihood(logits, truth, each) for each in grid]
    fitted = fit_temperature(logits, truth)
    # The prior is worth one image in 501.
    assert fitted == pytest.approx(grid[int(np.argmin(losses))], rel=0.02)
    assert negative_log_likelihood(logits, truth, fitted) <= min(losses) * 1.001


def test_it_lowers_the_calibration_error_of_an_overconfident_model():
    logits, truth = drawn(3.0, 5000)
    correct = logits.argmax(axis=1) == truth
    before = expected_calibration_error(softmax(logits).max(axis=1), correct)
    after = expected_calibration_error(softmax(logits, fit_temperature(logits, truth)).max(axis=1), correct)
    assert before > 0.1
    assert after < before / 4


def test_a_few_images_all_right_do_not_make_it_certain():
    logits = np.eye(3)[[0, 1, 2, 0]] * 2.0
    temperature = fit_temperature(logits, np.array([0, 1, 2, 0]))
    assert temperature > 2 * COLDEST
    assert softmax(logits, temperature).max() < 0.95


def test_it_refuses_to_fit_on_nothing():
    with pytest.raises(ValueError, match="at least one"):
        fit_temperature(np.empty((0, 3)), np.empty(0, dtype=int))
