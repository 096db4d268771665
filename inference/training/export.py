"""A trained classifier written as one ONNX file that keeps the serving contract."""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnx
import torch
from torch import nn

from inference.runtimes import load
from inference.runtimes.contract import EMBEDDING, INPUT, PROBABILITIES, RAW_PROBABILITIES, ModelCard
from inference.training.architectures import Classifier
from inference.training.options import TrainingRefused

OPSET = 17
TOLERANCE = 1e-4


class Served(nn.Module):
    """What the graph computes: uint8 [N, 3, S, S] to calibrated probabilities [N, C], raw ones, embedding
    [N, D]; scaling to 0..1, normalisation, temperature and softmax are all inside."""

    def __init__(self, classifier: Classifier, temperature: float) -> None:
        super().__init__()
        self.classifier = classifier
        self.temperature = temperature

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        embedding = self.classifier.embed(images.float() / 255)
        logits = self.classifier.head(embedding)
        return (logits / self.temperature).softmax(dim=1), logits.softmax(dim=1), embedding


def to_onnx(classifier: Classifier, card: ModelCard) -> bytes:
    """The bytes of a self-contained fp32 model with a free batch size and `card` in its metadata.

    The same weights give the same bytes.
    """
    served = Served(classifier, card.temperature).eval()
    size = card.preprocessing.size
    buffer = io.BytesIO()
    names = [PROBABILITIES, RAW_PROBABILITIES, EMBEDDING]
    with warnings.catch_warnings():
        # The tracing exporter warns that a newer one will follow it, and of each Python branch it passes:
        # `check_parity` proves the outcome.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            served,
            (torch.zeros(2, 3, size, size, dtype=torch.uint8),),
            buffer,
            input_names=[INPUT],
            output_names=names,
            dynamic_axes={name: {0: "batch"} for name in (INPUT, *names)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def check_parity(classifier: Classifier, content: bytes, images: torch.Tensor) -> None:
    """Score uint8 `images` [N, 3, S, S] by the file as serving will and by torch.

    Raises TrainingRefused where a probability differs by TOLERANCE or more: such a file must not serve.
    """
    runtime = load("onnx", content)
    with torch.no_grad():
        expected = Served(classifier, runtime.temperature).eval()(images)[0].numpy()
    gap = float(np.abs(runtime.predict(images.numpy()).probabilities - expected).max())
    if not gap < TOLERANCE:
        raise TrainingRefused(
            f"The exported model differs from the trained one by {gap:.2g} in a probability: "
            "its architecture cannot be exported as it is."
        )
