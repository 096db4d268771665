"""A narrower classifier that learns to say what a wider one says, whatever made that (Hinton et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from inference.domain.calibration import fit_temperature
from inference.runtimes import Runtime
from inference.runtimes.contract import ModelCard
from inference.training import state
from inference.training.architectures import build
from inference.training.distillation import Teacher
from inference.training.examples import Examples
from inference.training.export import check_parity, to_onnx
from inference.training.loop import fit, logits_of, watching
from inference.training.options import TrainingOptions
from inference.training.seeding import seeded
from inference.training.steps import ClassifierSteps

PARITY_IMAGES = 16
_LEAST = 1e-7


class ServedTeacher(Teacher):
    """A teacher that is known by its answers alone, as it serves: any classifier can be one."""

    def __init__(self, runtime: Runtime, options: TrainingOptions) -> None:
        self._runtime = runtime
        self.old = list(range(len(runtime.labels)))
        self.new = []
        self._weight = options.distillation
        self._temperature = options.distillation_temperature

    @torch.no_grad()
    def logits(self, images: torch.Tensor, readings: torch.Tensor | None = None) -> torch.Tensor:
        """The logarithms of its raw probabilities [N, C] of float [N, 3, S, S] in 0..1, which are its logits but for
        a constant."""
        pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        return torch.from_numpy(self._runtime.predict(pixels).raw_probabilities).clamp(min=_LEAST).log()


def narrowed(
    parent: Runtime,
    *,
    train: tuple[np.ndarray, Sequence[int]],
    val: tuple[np.ndarray, Sequence[int]],
    options: TrainingOptions,
    kept: Path,
    heard: Callable[[float], None],
) -> bytes:
    """Train `options.architecture` on the images and on what the parent says of each, as augmented; the model file.

    `train` and `val` are uint8 [N, 3, S, S] with their labels as indices of the parent's; `kept` is where the state
    goes from which a later training can go on. `heard` is told how far it is, 0..1. Raises TrainingRefused.
    """
    learned, watched = _examples(*train), _examples(*val)
    labels = parent.labels
    with seeded(options.seed, options.threads):
        model = build(options.architecture, labels=len(labels), size=options.size)
        steps = ClassifierSteps(model, learned, options, ServedTeacher(parent, options))
        fitted = fit(
            steps,
            watching(watched),
            len(learned),
            options,
            lambda progress: heard(progress.fraction),
            lambda: False,
        )
        logits = logits_of(fitted.model, watched).double().numpy()
        temperature = fit_temperature(logits, watched.labels.numpy()) if len(watched) else 1.0
        card = ModelCard(tuple(labels), parent.preprocessing, temperature, options.architecture)
        content = to_onnx(fitted.model, card)
        check_parity(fitted.model, content, learned.images[:PARITY_IMAGES])
    state.save(kept, fitted.model, options.architecture, labels)
    return content


def _examples(images: np.ndarray, labels: Sequence[int]) -> Examples:
    return Examples(
        torch.from_numpy(images), torch.tensor(list(labels), dtype=torch.int64), np.ones(len(labels))
    )
