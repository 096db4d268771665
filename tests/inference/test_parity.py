"""Train and serve see the same pixels: torch and ONNX Runtime agree on real JPEG bytes."""

import numpy as np
import pytest
import torch

from inference.domain.calibration import softmax
from inference.imaging import Preprocessing, to_array
from inference.runtimes import load
from inference.runtimes.contract import ModelCard
from inference.training.architectures import build
from inference.training.export import to_onnx
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
