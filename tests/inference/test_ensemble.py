"""Several classifiers as one, and a detector's file, on real graphs."""

import numpy as np
import pytest

from inference.runtimes import RuntimeRefused, ensemble, load
from tests.factories.detector import detector
from tests.factories.inference import COLOURS, SIZE, colour_model


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, SIZE, SIZE), dtype=np.uint8)


def test_an_ensemble_says_the_mean_and_how_far_its_members_disagree():
    sharp, dull = colour_model(sharpness=8.0), colour_model(sharpness=1.0)
    batch = pictures(5)
    each = [load("onnx", content).predict(batch).probabilities for content in (sharp, dull)]
    scores = ensemble("onnx", [sharp, dull]).predict(batch)
    np.testing.assert_allclose(scores.probabilities, np.mean(each, axis=0), rtol=1e-5)
    # Mutual information is also the mean divergence of a member from the mean.
    apart = [(p * np.log(p / np.mean(each, axis=0))).sum(axis=1) for p in each]
    np.testing.assert_allclose(scores.disagreement, np.mean(apart, axis=0), atol=1e-5)


def test_members_of_one_mind_do_not_disagree():
    scores = ensemble("onnx", [colour_model(), colour_model()]).predict(pictures(3))
    np.testing.assert_allclose(scores.disagreement, 0, atol=1e-6)


def test_members_may_have_their_labels_in_another_order():
    turned = colour_model(tuple(reversed(COLOURS)), sharpness=3.0)
    batch = pictures(2)
    alone = load("onnx", turned).predict(batch).probabilities
    both = ensemble("onnx", [colour_model(), turned])
    expected = (load("onnx", colour_model()).predict(batch).probabilities + alone[:, ::-1]) / 2
    assert both.labels == tuple(COLOURS)
    np.testing.assert_allclose(both.predict(batch).probabilities, expected, rtol=1e-5)


def test_members_that_cannot_be_asked_together_are_refused():
    with pytest.raises(RuntimeRefused, match="File 2 predicts blue, green, purple"):
        ensemble("onnx", [colour_model(), colour_model(("purple", "green", "blue"))])
    with pytest.raises(RuntimeRefused, match="File 2 finds boxes"):
        ensemble("onnx", [colour_model(), detector()])


@pytest.mark.parametrize("batch", [0, 2])
def test_a_detector_finds_each_thing_once(batch):
    found = load("onnx", detector(batch=batch)).detect(pictures(3))
    assert len(found) == 3
    for picture in found:
        assert picture.labels.tolist() == [1, 0]
        assert picture.scores == pytest.approx([0.9, 0.2])
        assert picture.boxes[0] == pytest.approx([0, 0, 0.5, 0.52])


def test_a_detector_of_a_label_it_does_not_have_is_refused():
    with pytest.raises(RuntimeRefused, match="found label 2; with 2 labels they go from 0 to 1"):
        load("onnx", detector(label=2))


@pytest.mark.parametrize("score", [float("inf"), float("nan")])
def test_a_detector_whose_scores_are_no_numbers_is_refused(score):
    with pytest.raises(RuntimeRefused, match="NaN or infinity"):
        load("onnx", detector(score=score))


def test_what_a_model_cannot_do_it_says():
    with pytest.raises(ValueError, match="it detects"):
        load("onnx", detector()).predict(pictures(1))
    with pytest.raises(ValueError, match="it has no boxes"):
        load("onnx", colour_model()).detect(pictures(1))
