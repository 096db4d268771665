"""A trained classifier written as one ONNX file that keeps the serving contract."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import numpy as np
import onnx
import torch
from torch import nn

from inference.runtimes import load
from inference.runtimes.contract import (
    ACTIVATION,
    CONTEXT,
    DISAGREEMENT,
    EMBEDDING,
    INPUT,
    PROBABILITIES,
    RAW_PROBABILITIES,
    ModelCard,
)
from inference.training.architectures import DROPOUT, Classifier
from inference.training.options import TrainingRefused

OPSET = 17
TOLERANCE = 1e-4
LOOKS = 16
"""How often Monte-Carlo dropout asks the head."""
MASKS_SEED = 0


class Served(nn.Module):
    """What the graph computes: uint8 [N, 3, S, S] to calibrated probabilities [N, C], raw ones, embedding [N, D],
    disagreement [N] and, of a backbone with `maps`, activation [N, h, w]; scaling to 0..1, normalisation,
    temperature and softmax are all inside.

    The disagreement is the mutual information of label and head in nats over LOOKS dropouts of the embedding (Gal
    and Ghahramani 2016; Houlsby et al. 2011, equation 2). The masks are drawn once, here: the same picture gets the
    same answer, and the backbone, nearly all of the work, runs once. The activation is that of the winning label
    (Zhou et al. 2016, equation 2).
    """

    masks: torch.Tensor

    def __init__(self, classifier: Classifier, temperature: float) -> None:
        super().__init__()
        self.classifier = classifier
        self.temperature = temperature
        self.outputs = [PROBABILITIES, RAW_PROBABILITIES, EMBEDDING, DISAGREEMENT]
        self._maps = getattr(classifier.backbone, "maps", None)
        if self._maps is not None:
            self.outputs.append(ACTIVATION)
        generator = torch.Generator().manual_seed(MASKS_SEED)
        kept = torch.rand(LOOKS, 1, classifier.head.in_features, generator=generator) >= DROPOUT
        self.register_buffer("masks", kept / (1 - DROPOUT))

    def forward(self, images: torch.Tensor, readings: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        classifier, pixels = self.classifier, images.float() / 255
        maps = None
        if self._maps is not None:
            maps = self._maps((pixels - classifier.mean) / classifier.std)
            embedding = maps.mean(dim=(2, 3))
        else:
            embedding = classifier.embed(pixels)
        told = 0.0 if classifier.told is None else classifier.told(readings)
        logits = classifier.head(embedding) + told
        scores = (logits / self.temperature).softmax(dim=1), logits.softmax(dim=1)
        found = (*scores, embedding, self._disagreement(embedding, told))
        if maps is None:
            return found
        winning = classifier.head.weight[logits.argmax(dim=1)]
        return (*found, (maps * winning[:, :, None, None]).sum(dim=1))

    def _disagreement(self, embedding: torch.Tensor, told: torch.Tensor | float) -> torch.Tensor:
        head = self.classifier.head
        # A mask on the embedding is the same as one on the columns of the head: one product for all the looks.
        weights = (head.weight * self.masks).flatten(0, 1)
        logits = (embedding @ weights.T).unflatten(1, (LOOKS, -1)) + head.bias
        if isinstance(told, torch.Tensor):
            logits = logits + told[:, None]
        logs = (logits / self.temperature).log_softmax(dim=2)
        mean = logs.exp().mean(dim=1)
        expected = -(logs.exp() * logs).sum(dim=2).mean(dim=1)
        return (-(mean * mean.clamp(min=1e-12).log()).sum(dim=1) - expected).clamp(min=0)


def to_onnx(classifier: Classifier, card: ModelCard) -> bytes:
    """The bytes of a self-contained fp32 model with a free batch size and `card` in its metadata.

    The same weights give the same bytes.
    """
    served = Served(classifier, card.temperature).eval()
    return traced(served, served.outputs, card)


def traced(served: nn.Module, outputs: Sequence[str], card: ModelCard) -> bytes:
    """The same of any module from uint8 [N, 3, S, S], and the readings that the card names, to these outputs."""
    size = card.preprocessing.size
    inputs, given = [INPUT], [torch.zeros(2, 3, size, size, dtype=torch.uint8)]
    if card.context:
        inputs.append(CONTEXT)
        given.append(torch.zeros(2, len(card.context)))
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter warns that a newer one will follow it, and of each Python branch it passes:
        # the check of parity proves the outcome.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            served,
            tuple(given),
            buffer,
            input_names=inputs,
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in (*inputs, *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def check_parity(
    classifier: Classifier, content: bytes, images: torch.Tensor, readings: torch.Tensor | None = None
) -> None:
    """Score uint8 `images` [N, 3, S, S] with `readings` [N, K], if any, by the file as serving will and by torch.

    Raises TrainingRefused where a probability differs by TOLERANCE or more: such a file must not serve.
    """
    runtime = load("onnx", content)
    with torch.no_grad():
        expected = Served(classifier, runtime.temperature).eval()(images, readings)[0].numpy()
    told = None if readings is None else readings.numpy()
    gap = float(np.abs(runtime.predict(images.numpy(), told).probabilities - expected).max())
    if not gap < TOLERANCE:
        raise TrainingRefused(
            f"The exported model differs from the trained one by {gap:.2g} in a probability: "
            "its architecture cannot be exported as it is."
        )
