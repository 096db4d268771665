"""The networks a run can train, by name, and the classifier they all become."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from inference.domain.narrowing import WIDTHS
from inference.training.options import TrainingRefused
from inference.training.pretrained import pretrained_backbone
from inference.training.small_resnet import SmallResNet
from inference.training.told import Told

PRETRAINED = "transformers:"

DROPOUT = 0.2
"""The share of the embedding that each look of the head goes without, in training and at serving."""

_BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "small_resnet": SmallResNet,
    **{name: partial(SmallResNet, widths) for name, widths in WIDTHS.items()},
}


class Classifier(nn.Module):
    """A backbone between normalisation and a linear head.

    A backbone maps normalised float [N, 3, S, S] to an embedding [N, `features`], and says the `mean` and
    `std` (three numbers each, of pixels in 0..1) it wants its input normalised by, and the peak
    `learning_rate` that suits it. One with `maps`, from the same input to features [N, D, h, w] whose mean is the
    embedding, can show where it looked.
    """

    mean: torch.Tensor
    std: torch.Tensor
    by_label: tuple[str, ...] = ("head.weight", "head.bias")

    def __init__(self, backbone: nn.Module, labels: int, readings: int = 0) -> None:
        super().__init__()
        self.backbone = backbone
        self.learning_rate = backbone.learning_rate
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(backbone.features, labels)
        self.told = Told(readings, labels) if readings else None
        if readings:
            self.by_label = (*self.by_label, "told.out.weight", "told.out.bias")
        self.register_buffer("mean", torch.tensor(backbone.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(backbone.std).view(1, 3, 1, 1))

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Embedding [N, D] of float [N, 3, S, S] in 0..1."""
        return self.backbone((images - self.mean) / self.std)

    def forward(self, images: torch.Tensor, readings: torch.Tensor | None = None) -> torch.Tensor:
        """Logits [N, C] of float [N, 3, S, S] in 0..1 and, where the model is told them, readings [N, K]."""
        seen = self.head(self.dropout(self.embed(images)))
        return seen if self.told is None else seen + self.told(readings)


def build(architecture: str, *, labels: int, size: int, readings: int = 0) -> Classifier:
    """The untrained (or, after `transformers:`, pretrained) classifier for inputs of `size` pixels.

    Raises TrainingRefused for a name that is not known or a backbone that cannot take the size.
    """
    if architecture.startswith(PRETRAINED):
        return Classifier(pretrained_backbone(architecture.removeprefix(PRETRAINED), size), labels, readings)
    if architecture not in _BACKBONES:
        known = ", ".join([*_BACKBONES, f"{PRETRAINED}FOLDER-OR-HUB-NAME"])
        raise TrainingRefused(f"There is no architecture {architecture!r}; there is {known}.")
    return Classifier(_BACKBONES[architecture](), labels, readings)
