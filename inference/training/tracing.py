"""Any torch model that takes pictures, as an ONNX file that keeps no contract yet."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from inference.runtimes import RuntimeRefused
from inference.runtimes.checks import first_line
from inference.runtimes.onnx import run_once
from inference.training.export import OPSET

INPUT, OUTPUT = "pixels", "output"
TOLERANCE = 1e-3
"""How far the file may be from torch, as a share of the largest number that torch gives out."""


class _Flat(nn.Module):
    """A model that gives out the tensors of these names alone, in order."""

    def __init__(self, model: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = list(names)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = _tensors(self.model(pixels))
        return tuple(found[name] for name in self.names)


def traced(model: nn.Module, size: int) -> bytes:
    """The model as ONNX bytes: `pixels` float [N, 3, size, size] in, and its tensors out by their names.

    A model that gives out one tensor, or a tuple that begins with one, has the output `output`. Raises RuntimeRefused
    where it takes no such picture, gives out no tensor, or the file does not say what torch says.
    """
    model = model.float().eval()
    pixels = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    try:
        with torch.no_grad():
            names = list(_tensors(model(pixels)))
            flat = _Flat(model, names)
            expected = flat(pixels)
    except RuntimeRefused:
        raise
    except Exception as error:  # whatever the model stumbles on
        raise RuntimeRefused(
            f"The model does not take pictures of {size} × {size}: {first_line(error)}"
        ) from error
    content = _exported(flat, pixels, names)
    found = run_once(content, {INPUT: pixels.numpy()})
    for name, wanted in zip(names, expected, strict=True):
        largest = float(wanted.abs().max()) or 1.0
        if found[name].shape != tuple(wanted.shape):
            raise RuntimeRefused(f"The exported file's {name} are of another shape than torch's.")
        gap = float(np.abs(found[name] - wanted.numpy()).max()) / largest
        if not gap < TOLERANCE:
            raise RuntimeRefused(
                f"The exported file's {name} differ from torch's by {gap:.2%}: it must not serve."
            )
    return content


def _exported(model: nn.Module, pixels: torch.Tensor, names: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter warns of each branch of Python that it passes: the comparison proves the outcome.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                model,
                (pixels,),
                buffer,
                input_names=[INPUT],
                output_names=list(names),
                dynamic_axes={name: {0: "batch"} for name in (INPUT, *names)},
                opset_version=OPSET,
                dynamo=False,
            )
        except Exception as error:  # it raises whatever the model made it stumble on
            raise RuntimeRefused(f"The model cannot be exported to ONNX: {first_line(error)}") from error
    return buffer.getvalue()


def _tensors(found: Any) -> dict[str, torch.Tensor]:
    if isinstance(found, Mapping):
        named = {str(name): each for name, each in found.items() if isinstance(each, torch.Tensor)}
        if named:
            return named
    if isinstance(found, (tuple, list)) and found:
        found = found[0]
    if not isinstance(found, torch.Tensor):
        raise RuntimeRefused(
            f"The model gives out {type(found).__name__}, not tensors: boxes picture by picture, as torchvision's "
            "detectors have them, must be exported as boxes, scores and labels first."
        )
    return {OUTPUT: found}
