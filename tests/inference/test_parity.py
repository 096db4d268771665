"""Train and serve see the same pixels: torch and ONNX Runtime agree on real JPEG bytes."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from inference.domain.calibration import softmax
from inference.imaging import Preprocessing, to_array
from inference.runtimes import load
from inference.runtimes.contract import ModelCard
from inference.training.architectures import build
from inference.training.export import Served, to_onnx
from tests.inference.training_data import LABELS, labelled

TEMPERATURE = 1.7


@pytest.mark.parametrize("size", [50, 64, 96])
def test_torch_and_onnx_agree_on_jpeg_bytes(size):
    _, files = labelled(train=4)
    preprocessing = Preprocessing(size=size)
    torch.manual_seed(0)
    model = build("small_resnet", labels=3, size=size)
    # A fresh head is nearly level: sharpen it, so that a wrong softmax or temperature would show.
    torch.nn.init.normal_(model.head.weight, std=5.0)
    model.eval()

    batch = np.stack([to_array(data, preprocessing) for data in files.values()])
    with torch.no_grad():
        images = torch.from_numpy(batch).float() / 255
        logits, embedding = model(images).numpy(), model.embed(images).numpy()

    served = load("onnx", to_onnx(model, ModelCard(LABELS, preprocessing, TEMPERATURE, "small_resnet")))
    scores = served.predict(np.stack([to_array(data, served.preprocessing) for data in files.values()]))

    assert np.abs(scores.raw_probabilities - softmax(logits)).max() < 1e-4
    assert np.abs(scores.probabilities - softmax(logits, TEMPERATURE)).max() < 1e-4
    assert np.abs(scores.embeddings - embedding).max() < 1e-4
    assert np.ptp(scores.raw_probabilities, axis=0).max() > 0.01


def test_an_image_scores_the_same_alone_and_in_a_batch():
    _, files = labelled(train=3)
    preprocessing = Preprocessing(size=64)
    torch.manual_seed(0)
    model = build("small_resnet", labels=3, size=64).eval()
    served = load("onnx", to_onnx(model, ModelCard(LABELS, preprocessing, 1.0, "small_resnet")))
    batch = np.stack([to_array(data, preprocessing) for data in files.values()])
    together = served.predict(batch).probabilities
    alone = np.concatenate([served.predict(each[None]).probabilities for each in batch])
    assert np.abs(together - alone).max() < 1e-5


def test_disagreement_and_the_map_in_the_graph_are_those_of_the_formulas():
    _, files = labelled(train=3)
    preprocessing = Preprocessing(size=64)
    torch.manual_seed(0)
    model = build("small_resnet", labels=3, size=64).eval()
    torch.nn.init.normal_(model.head.weight, std=2.0)
    content = to_onnx(model, ModelCard(LABELS, preprocessing, TEMPERATURE, "small_resnet"))
    served = load("onnx", content)
    batch = np.stack([to_array(data, preprocessing) for data in files.values()])
    scores = served.predict(batch)

    masks = Served(model, TEMPERATURE).masks[:, 0].numpy()
    weight, bias = model.head.weight.detach().numpy(), model.head.bias.detach().numpy()
    looks = np.stack([softmax((scores.embeddings * mask) @ weight.T + bias, TEMPERATURE) for mask in masks])
    expected = entropy(looks.mean(axis=0), axis=1) - entropy(looks, axis=2).mean(axis=0)
    assert scores.disagreement == pytest.approx(expected, abs=1e-4)
    assert scores.disagreement.max() > 0.01

    maps = served.look(batch)
    winners = scores.raw_probabilities.argmax(axis=1)
    # The map's mean is what the picture's features add up to for the label, all but the bias.
    assert maps.mean(axis=(1, 2)) == pytest.approx(
        (scores.embeddings * weight[winners]).sum(axis=1), abs=1e-3
    )
