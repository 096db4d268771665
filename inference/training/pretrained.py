"""Backbones from the transformers library, from a folder or by the name of a hub model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.training.options import TrainingRefused

# The statistics most image models were trained with, where a model does not say.
_IMAGENET = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}


def pretrained_backbone(name: str, size: int) -> nn.Module:
    """The backbone of an image model, without its head, proven to take inputs of `size` pixels.

    Raises TrainingRefused where transformers is not installed, the model cannot be loaded, or the size
    does not suit it.
    """
    try:
        import transformers
    except ImportError as error:
        raise TrainingRefused(
            "Architectures named transformers:… need the extra of that: pip install --editable '.[pretrained]'."
        ) from error
    try:
        model = transformers.AutoModel.from_pretrained(name)
        statistics = _statistics(name, transformers)
    except (OSError, ValueError) as error:
        raise TrainingRefused(f"The model {name!r} cannot be loaded: {str(error).splitlines()[0]}") from error
    backbone = _Backbone(model, statistics)
    try:
        with torch.no_grad():
            backbone.features = backbone.eval()(torch.zeros(1, 3, size, size)).shape[1]
    except (ValueError, RuntimeError, TypeError) as error:
        native = getattr(model.config, "image_size", None)
        advice = f"set the size to {native}" if native else "choose another size or model"
        raise TrainingRefused(f"The model {name!r} does not take images of {size} px: {advice}.") from error
    return backbone


class _Backbone(nn.Module):
    """A transformers vision model whose output is one vector an image."""

    learning_rate = 2e-4

    def __init__(self, model: nn.Module, statistics: dict[str, Any]) -> None:
        super().__init__()
        self.model = model
        self.features = 0
        self.mean = tuple(statistics["image_mean"])
        self.std = tuple(statistics["image_std"])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output = self.model(pixel_values=images, return_dict=True)
        last = output.last_hidden_state
        if last.ndim == 3:
            # Tokens [N, T, D]. Not the pooler: a checkpoint made for classification comes without one, and
            # its weights would be random.
            return last.mean(dim=1)
        pooled = getattr(output, "pooler_output", None)
        return last.mean(dim=(2, 3)) if pooled is None else pooled.flatten(1)


def processor_of(name: str, transformers: Any) -> dict[str, Any]:
    """What the model's `preprocessor_config.json` says; empty where it has none. Raises OSError and ValueError."""
    found = transformers.utils.cached_file(
        name, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False
    )
    return json.loads(Path(found).read_text()) if found else {}


def _statistics(name: str, transformers: Any) -> dict[str, Any]:
    said = processor_of(name, transformers)
    return {key: said.get(key) or default for key, default in _IMAGENET.items()}
