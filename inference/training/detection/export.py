"""A trained detector written as one ONNX file that keeps the serving contract."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from inference.runtimes import load
from inference.runtimes.contract import DETECTION_OUTPUTS, ModelCard
from inference.training.detection.network import Detector, decoded
from inference.training.export import TOLERANCE, traced
from inference.training.options import TrainingRefused

LEAST_SCORE = 0.05
"""Peaks below it may change places by a rounding."""


class Served(nn.Module):
    """What the graph computes: uint8 [N, 3, S, S] to boxes [N, K, 4] in ratios of the input, scores [N, K] that say how
    often such a box is right, and labels int64 [N, K]; scaling to 0..1 and the search for peaks are all inside."""

    def __init__(self, detector: Detector, slope: float, intercept: float) -> None:
        super().__init__()
        self.detector = detector
        self.slope, self.intercept = slope, intercept

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        boxes, logits, labels = decoded(self.detector(images.float() / 255))
        return boxes.clamp(0, 1), torch.sigmoid(self.slope * logits + self.intercept), labels


def to_onnx(served: Served, card: ModelCard) -> bytes:
    """The bytes of a self-contained fp32 model with a free batch size; the same weights give the same bytes."""
    return traced(served.eval(), DETECTION_OUTPUTS, card)


def check_parity(served: Served, content: bytes, images: torch.Tensor) -> None:
    """Look at uint8 `images` [N, 3, S, S] by the file as serving will and by torch.

    Raises TrainingRefused where a score or a box differs by TOLERANCE or more: such a file must not serve.
    """
    runtime = load("onnx", content)
    with torch.no_grad():
        expected = [each.numpy() for each in served.eval()(images)]
    gap = 0.0
    for found, boxes, scores, labels in zip(runtime.detect(images.numpy()), *expected, strict=True):
        sure = np.flatnonzero(scores >= LEAST_SCORE)
        # Of two peaks that are as sure as each other either may come first.
        for place in sure:
            same = found.labels == labels[place]
            apart = np.abs(np.column_stack([found.boxes, found.scores]) - [*boxes[place], scores[place]])
            gap = max(gap, float(apart[same].max(axis=1).min(initial=1.0)))
    if not gap < TOLERANCE:
        raise TrainingRefused(
            f"The exported detector differs from the trained one by {gap:.2g} in a score or a box's side."
        )
