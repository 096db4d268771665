"""Whether a temperature is better, on claims made at a known one."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from inference.domain.calibration import softmax
from inference.domain.recalibration import LEAST_ANSWERS, Verified, figures, refit


def claims(count=400, temperature=1.0, seed=0, weights=None, unknown=0):
    """Claims of a model that is exact at `temperature`; the truth of the first `unknown` is no label of it."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (count, 3))
    cumulated = softmax(logits, temperature).cumsum(axis=1)
    truth = (random.random((count, 1)) > cumulated).sum(axis=1).clip(max=2)
    truth[:unknown] = -1
    probabilities = softmax(logits)
    winner = probabilities.argmax(axis=1)
    return Verified(
        probabilities,
        winner,
        truth,
        np.ones(count) if weights is None else weights,
        [("full", "low", "empty")[i] for i in winner],
        ["north" if i % 2 else "south" for i in range(count)],
    )


def test_an_overconfident_model_is_given_the_temperature_it_lacks():
    found = refit(claims(temperature=2.5), in_force=1.0)
    assert found.better
    assert found.temperature == pytest.approx(2.5, rel=0.15)
    assert found.after["all"]["ece"] < found.before["all"]["ece"] / 2
    assert found.after["all"]["brier"] < found.before["all"]["brier"]


@pytest.mark.parametrize("seed", range(5))
def test_a_temperature_that_is_right_already_stays(seed):
    assert not refit(claims(temperature=2.0, seed=seed), in_force=2.0).better


def test_the_gain_is_the_fall_of_the_log_loss_out_of_sample():
    verified = claims(temperature=2.5, weights=np.random.default_rng(1).uniform(1, 20, 400))
    found = refit(verified, in_force=1.0)
    before = log_loss(verified.truth, verified.probabilities, sample_weight=verified.weights)
    assert found.before["all"]["log_loss"] == pytest.approx(before)
    assert found.gain == pytest.approx(before - found.after["all"]["log_loss"])
    # Fitted to the very answers it would be lower still.
    assert found.after["all"]["log_loss"] >= log_loss(
        verified.truth, verified.at(found.temperature).probabilities, sample_weight=verified.weights
    )


def test_a_truth_the_model_has_no_label_for_counts_as_wrong_and_leaves_the_temperature_alone():
    whole = refit(claims(temperature=2.0), in_force=1.0)
    some = refit(claims(temperature=2.0, unknown=40), in_force=1.0)
    assert some.temperature == pytest.approx(whole.temperature, rel=0.1)
    assert some.before["all"]["accuracy"] < whole.before["all"]["accuracy"] - 0.05


def test_figures_are_told_by_label_and_by_source():
    told = figures(claims(200))
    assert sum(part["count"] for part in told["by_label"].values()) == 200
    assert {name: part["count"] for name, part in told["by_source"].items()} == {"north": 100, "south": 100}
    assert sum(each["count"] for each in told["all"]["bins"]) == 200
    assert "bins" not in told["by_label"]["full"]


def test_too_few_answers_are_refused():
    with pytest.raises(ValueError, match="at least 100"):
        refit(claims(LEAST_ANSWERS - 1), in_force=1.0)
    with pytest.raises(ValueError, match="none of the verified"):
        refit(claims(LEAST_ANSWERS, unknown=LEAST_ANSWERS), in_force=1.0)
